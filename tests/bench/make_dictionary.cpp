// Makes the dictionary with which small frames are compressed (schema/wire/small_frames.zdict) from pushes of single
// changesets: the records of a fictitious caseload, and the documents of the comparison, other ones than are measured.
// Not a part of any build: a new dictionary is a new protocol version.
#include <cstdio>
#include <fstream>

#define ZDICT_STATIC_LINKING_ONLY
#include <zdict.h>

#include <boost/json.hpp>

#include "crypto/hash.hpp"
#include "schema/policy/embedded.hpp"
#include "schema/wire/archive.hpp"
#include "sync/core/messages.hpp"
#include "tests/bench/documents.hpp"
#include "tests/bench/measure.hpp"
#include "tests/unit/sync/core/bench.hpp"

namespace satchel::bench {
namespace {

constexpr std::size_t dictionary_bytes = 16 * 1024;
constexpr std::size_t papers = 4000;
constexpr std::uint32_t seed = 7;  // not the one that is measured
constexpr std::size_t records = 8000;

// What is random in a push, the same in every run, and in none twice.
template <class Array>
void fill(Array& out, const char* what, std::uint64_t number)
{
    const auto text = what + std::to_string(number);
    for (std::size_t i = 0; i < out.size(); i += sizeof(Digest)) {
        const auto bytes = crypto::sha256(view(text + ":" + std::to_string(i)));
        std::copy_n(bytes.begin(), std::min(sizeof(Digest), out.size() - i), out.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

class Samples {
public:
    void add(const schema::Change& change, schema::Hat hat)
    {
        const auto number = ++count_;
        schema::Changeset made;
        fill(made.header.case_id.bytes, "case", number);
        fill(made.header.author.bytes, "author", 1);
        made.header.hat = std::move(hat);
        made.header.authored_at.ms = 1'790'000'000'000 + static_cast<std::int64_t>(number) * 7919;
        made.header.policy_version = policy.version;
        made.changes = {change};
        auto sealed = sync::seal(made, {});
        if (!sealed)
            return;
        sync::Push push;
        push.first_sequence = number;
        fill(push.signature, "signature", number);
        push.items.push_back({std::move(sealed->header), std::move(sealed->changes), 1 + number % 50, {}, {}, {}});
        sync::leave_out_author(push.items.back(), made.header.author);
        const auto bytes = schema::wire::pack(push);
        all.insert(all.end(), bytes.begin(), bytes.end());
        sizes.push_back(bytes.size());
    }

    const schema::Policy policy = must(schema::compile_or_fail(schema::embedded_bundle()));
    const test::CaseBench desk{policy};
    Bytes all;
    std::vector<std::size_t> sizes;

private:
    std::uint64_t count_ = 0;
};

void add_documents(Samples& samples)
{
    const schema::Hat hats[]{{"probation", "eastside", "probation.practitioner"},
                             {"police", "eastside", "police.offender_manager"},
                             {"prison", "stonebridge-example", "prison.omu"}};
    std::size_t n = 0;
    for (const auto& paper : documents(papers, seed))
        samples.add(samples.desk.creates("case_update", "update", {paper.begin(), paper.end()}), hats[n++ % 3]);
}

void add_records(Samples& samples, const char* caseload)
{
    std::ifstream in(caseload);
    const auto wanted = samples.sizes.size() + records;
    for (std::string line; std::getline(in, line) && samples.sizes.size() < wanted;) {
        const auto parsed = boost::json::parse(line);
        const auto& record = parsed.as_object();
        const auto* fields = record.if_contains("fields");
        const auto* type = record.contains("type") ? samples.policy.type(std::string_view(record.at("type").as_string())) : nullptr;
        if (!type || !fields)
            continue;
        std::map<std::string, std::map<std::string, std::string>> groups;
        for (const auto& [name, value] : fields->as_object()) {
            const auto* group = type->group_of_field(std::string_view(name));
            if (group && value.is_string() &&
                schema::parse_field_value(*group->field(std::string_view(name)), std::string_view(value.as_string())))
                groups[group->name][std::string(name)] = std::string(value.as_string());
        }
        for (const auto& [group, values] : groups)
            samples.add(samples.desk.creates(std::string(record.at("type").as_string()), group, values),
                        {std::string(record.at("agency").as_string()), "eastside", std::string(record.at("role").as_string())});
    }
}

}  // namespace
}  // namespace satchel::bench

int main(int argc, char** argv)
{
    using namespace satchel;
    if (argc != 3) {
        std::fprintf(stderr, "Example: satchel-caseload --cases 1000 --seed 1 --out caseload.ndjson\n"
                             "         make_dictionary caseload.ndjson schema/wire/small_frames.zdict\n");
        return 2;
    }
    bench::Samples samples;
    bench::add_documents(samples);
    bench::add_records(samples, argv[1]);
    Bytes dictionary(bench::dictionary_bytes);
    ZDICT_fastCover_params_t how{};
    how.k = 200;
    how.d = 8;
    how.steps = 8;
    how.accel = 1;
    how.splitPoint = 0.75;
    how.zParams.compressionLevel = 12;
    const auto size = ZDICT_optimizeTrainFromBuffer_fastCover(dictionary.data(), dictionary.size(), samples.all.data(),
                                                              samples.sizes.data(),
                                                              static_cast<unsigned>(samples.sizes.size()), &how);
    if (ZDICT_isError(size) != 0)
        bench::die(ZDICT_getErrorName(size));
    std::ofstream out(argv[2], std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(dictionary.data()), static_cast<std::streamsize>(size));
    if (!out.flush())
        bench::die(argv[2]);
    std::printf("%zu samples, a dictionary of %zu bytes\n", samples.sizes.size(), size);
    return 0;
}
