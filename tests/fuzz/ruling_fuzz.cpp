// Signed work that no honest program would write: what an authenticated device can make the hub rule on. The bytes are
// read as a story of saves by people of the built-in agreement: any operation on any group, with values of the right and
// of wrong kinds, bases and targets that exist or not, hats that are not the author's.
#include <algorithm>

#include "schema/policy/embedded.hpp"
#include "sync/core/audience.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/sync/core/bench.hpp"

namespace satchel::fuzz {
namespace {

using namespace sync;
using schema::Change;
using test::CaseBench;

constexpr std::size_t saves_max = 12;

const schema::Policy& agreement()
{
    static const auto policy = schema::compile_or_fail(schema::embedded_bundle());
    promise(policy.has_value(), "the built-in agreement compiles");
    return *policy;
}

class Story {
public:
    explicit Story(ByteView bytes) : in_(bytes) {}

    void play()
    {
        for (std::size_t n = 0; n < saves_max && in_.left() != 0; ++n)
            save();
        for (const auto& [id, record] : bench_.state().records) {
            const auto again = decode_record_state(encode(record));
            promise(again && *again == record, "the state of a record can be stored and read");
        }
        for (const auto& [id, task] : bench_.state().tasks) {
            const auto again = decode_task(encode(task));
            promise(again && *again == task, "a task can be stored and read");
        }
        const Viewer reader{test::number_id<CredentialId>(9, 9), {hat_of(role())}};
        (void)visible_part(bench_.state(), agreement(), reader);
    }

private:
    std::size_t pick(std::size_t n) { return n == 0 ? 0 : in_.u8() % n; }
    bool rarely() { return in_.u8() >= 240; }
    const std::string& role() { return agreement().roles[pick(agreement().roles.size())].name; }
    static schema::Hat hat_of(const std::string& role) { return {role.substr(0, role.find('.')), "team", role}; }

    void save()
    {
        const auto who = role();
        auto& person = bench_.person(who);
        schema::Changeset changeset;
        auto& header = changeset.header;
        header.case_id = bench_.state().id;
        header.author = person.credential;
        header.hat = rarely() ? hat_of(role()) : person.hat;
        header.authored_at = Instant{1'770'000'000'000 + 86'400'000 * static_cast<std::int64_t>(in_.u8())};
        if (rarely())
            header.authored_at = Instant{in_.i64()};
        if (in_.u8() % 2 == 1)
            header.event_at = Instant{1'760'000'000'000 + 86'400'000 * static_cast<std::int64_t>(in_.u8())};
        if (rarely())
            header.event_at = Instant{in_.i64()};
        header.policy_version = agreement().version;
        changeset.link.sequence = ++person.sequence;
        changeset.link.previous = person.head;
        for (auto changes = 1 + pick(3); changes > 0; --changes)
            changeset.changes.push_back(change());
        const crypto::HmacKey salt_key(person.credential.view());
        const auto sealed = seal(changeset, changeset_secret(salt_key, changeset.link.sequence));
        if (!sealed)
            return;
        auto opened = open(*sealed);
        promise(opened.has_value(), "what is sealed can be opened");
        person.head = opened->digest;
        judge(bench_.rule(who, *std::move(opened), pick(bench_.now() + 1)));
    }

    void judge(const CaseBench::Saved& saved)
    {
        promise(saved.rulings.size() == saved.opened.changes.size(), "each change gets one ruling");
        const auto rulings = decode_rulings(encode(saved.rulings));
        promise(rulings && *rulings == saved.rulings, "rulings can be sent and read");
        for (const auto& effect : saved.effects) {
            const auto again = decode_effect(encode(effect));
            promise(again && *again == effect, "an effect can be sent and read");
            if (!effect.version.empty())
                versions_.push_back(effect.version);
            if (!effect.record.empty())
                records_.push_back(effect.record);
        }
        for (std::size_t i = 0; i < saved.rulings.size(); ++i) {
            versions_.push_back(saved.version(i));
            records_.push_back(saved.record(i));
        }
        const Viewer reader{test::number_id<CredentialId>(9, 9), {hat_of(role())}};
        (void)may_see(agreement(), saved.opened, saved.rulings, bench_.state(), reader);
    }

    Change change()
    {
        Change out;
        const auto& type = agreement().types[pick(agreement().types.size())];
        const auto& group = type.groups[pick(type.groups.size())];
        out.type = type.id;
        out.group = rarely() ? schema::GroupId{in_.u32()} : group.id;
        out.op = static_cast<schema::Op>(1 + pick(6));
        const auto how = in_.u8();
        out.creates = (how & 1) != 0;
        if (type.singleton && (how & 2) == 0)
            out.record = singleton_record_id(bench_.state().id, type.id);
        else if ((how & 4) != 0)
            out.record = any(records_);
        if ((how & 8) != 0)
            out.base = any(versions_);
        if ((how & 16) != 0)
            out.confirmed = any(versions_);
        if ((how & 32) != 0)
            out.targets = {any(versions_)};
        if ((how & 64) != 0)
            out.reason = text_of_any_length();
        if ((how & 128) != 0)
            out.resolution = static_cast<schema::Resolution>(pick(13));
        if (out.op == schema::Op::task && !bench_.state().tasks.empty()) {
            auto at = bench_.state().tasks.begin();
            std::advance(at, static_cast<std::ptrdiff_t>(pick(bench_.state().tasks.size())));
            out.targets = {VersionId{at->first.bytes}};
        }
        for (auto values = pick(5); values > 0 && !group.fields.empty(); --values) {
            const auto& field = group.fields[pick(group.fields.size())];
            assign(out.values, rarely() ? schema::FieldId{in_.u32()} : field.id, rarely() ? wrong_value() : value_for(field));
        }
        return out;
    }

    template <class Id>
    Id any(const std::vector<Id>& known)
    {
        return known.empty() ? Id{} : known[pick(known.size())];
    }

    schema::Value value_for(const schema::Field& field)
    {
        switch (field.type) {
        case schema::FieldType::boolean:
            return pick(2) == 1;
        case schema::FieldType::date:
            return Date{20'000 + static_cast<std::int32_t>(in_.u8())};
        case schema::FieldType::instant:
            return Instant{1'770'000'000'000 + 3'600'000 * static_cast<std::int64_t>(in_.u8())};
        case schema::FieldType::integer:
            return static_cast<std::int64_t>(in_.u8());
        case schema::FieldType::decimal:
            return schema::Decimal{static_cast<std::int64_t>(in_.u8()) * 500'000};
        case schema::FieldType::ref:
            return schema::Ref{any(records_)};
        case schema::FieldType::version:
            return schema::VersionRef{any(versions_)};
        default:
            if (!field.choices.empty() && !rarely())
                return field.choices[pick(field.choices.size())];
            return text_of_any_length();
        }
    }

    schema::Value wrong_value()
    {
        switch (pick(8)) {
        case 0:
            return schema::Null{};
        case 1:
            return Date{static_cast<std::int32_t>(in_.u32() % 200'001) - 100'000};
        case 2:
            return Instant{in_.i64()};
        case 3:
            return in_.i64();
        case 4:
            return schema::Decimal{in_.i64()};
        case 5:
            return schema::Opaque{static_cast<std::uint8_t>(32 + pick(200)), Bytes(pick(40), 7)};
        case 6:
            return schema::Ref{RecordId{}};
        default:
            return text_of_any_length();
        }
    }

    std::string text_of_any_length()
    {
        constexpr std::size_t lengths[] = {0, 1, 2, 3, 40, 255, 257, 1025, 4096, 4097, schema::text_bytes_max};
        std::string out(lengths[pick(std::size(lengths))], static_cast<char>('a' + pick(26)));
        if (out.size() > 2 && rarely())
            out[1] = '\n';
        return out;
    }

    Reader in_;
    CaseBench bench_{agreement()};
    std::vector<RecordId> records_;
    std::vector<VersionId> versions_;
};

}  // namespace

void run(ByteView input) { Story(input).play(); }

}  // namespace satchel::fuzz
