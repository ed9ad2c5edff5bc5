// Writes the first inputs of the fuzz targets: real encodings of every kind that they take. What libFuzzer found beside
// them, and a merge has kept, lies in corpus/.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>

#include "client/store/identity.hpp"
#include "crypto/audit.hpp"
#include "crypto/certificates.hpp"
#include "crypto/keyslots.hpp"
#include "crypto/sealed.hpp"
#include "schema/policy/embedded.hpp"
#include "schema/wire/archive.hpp"
#include "schema/wire/frame.hpp"
#include "sync/core/bundle.hpp"
#include "sync/core/deposit.hpp"
#include "sync/core/enrolment.hpp"
#include "sync/hub/body.hpp"
#include "tests/unit/crypto/fixed_random.hpp"
#include "tests/unit/sync/core/bench.hpp"
#include "tests/unit/sync/core/small_policy_text.hpp"
#include "tools/caseload/caseload.hpp"

namespace {

using namespace satchel;
using namespace satchel::sync;

std::filesystem::path folder;
std::size_t written = 0;
FakeRandom random_bytes(7);

void put(const std::string& target, int choice, ByteView content)
{
    std::filesystem::create_directories(folder / target);
    std::ofstream out(folder / target / ("seed-" + std::to_string(++written)), std::ios::binary);
    if (choice >= 0)
        out.put(static_cast<char>(choice));
    out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
}

Bytes noise(std::size_t n)
{
    Bytes out(n);
    random_bytes.fill(out);
    return out;
}

template <class Array>
Array filled()
{
    Array out;
    random_bytes.fill(out);
    return out;
}

Bytes all_frames;  // one behind the other

template <class M>
void message(MessageType type, const M& body)
{
    const auto bytes = schema::wire::pack(body);
    put("message", static_cast<int>(type), bytes);
    (void)schema::wire::write_frame(all_frames, {static_cast<std::uint8_t>(type), bytes}, schema::wire::in_session);
}

// Work of a few people under the built-in agreement, with everything that the hub says of it.
struct Work {
    std::vector<SealedChangeset> sealed;
    std::vector<test::CaseBench::Saved> saved;
    CaseState state;
};

Work some_work(const schema::Policy& policy)
{
    test::CaseBench bench(policy);
    Work out;
    const auto save = [&](const std::string& role, const schema::Change& change) {
        schema::Changeset changeset;
        auto& who = bench.person(role);
        changeset.header = {1, bench.state().id, who.credential, who.hat, Instant{1'770'000'000'000}, Instant{1'769'000'000'000},
                            schema::Basis::verified, "an invented register", policy.version, std::nullopt};
        changeset.link.sequence = who.sequence + 1;
        changeset.changes = {change};
        const crypto::HmacKey key(who.credential.view());
        out.sealed.push_back(*seal(changeset, changeset_secret(key, changeset.link.sequence)));
        out.saved.push_back(bench.rule(role, *open(out.sealed.back())));
        return out.saved.back();
    };
    const auto address = save("police.offender_manager",
                              bench.creates("address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-05"}}));
    save("probation.practitioner", bench.edits(address.record(), "address", "where", {{"lines", "2 Invented Row"}}));
    save("probation.practitioner", bench.creates("risk", "public", {{"level", "high"}}));
    save("police.offender_manager", bench.creates("risk", "public", {{"level", "very_high"}}));
    save("prison.omu", bench.creates("level", "decision", {{"level", "2"}, {"rationale", "Invented reasons"}}));
    save("prison.omu", bench.creates("note", "what", {{"text", "A visit that never was"}}));
    save("police.offender_manager", bench.creates("flag", "raises", {{"why", "An invented warning"}}));
    out.state = bench.state();
    return out;
}

void write_work(const Work& work)
{
    for (const auto& sealed : work.sealed) {
        put("change", 0, sealed.header);
        put("change", 1, sealed.changes.front());
        put("change", 2, encode_deposit(sealed));
        put("entry", 5, encode(ChangesetBody{3, sealed.header, sealed.changes}));
    }
    put("entry", 6, encode(HeldBody{"barred", {3, work.sealed[0].header, work.sealed[0].changes}, {}, {}}));
    put("entry", 6, encode(HeldBody{"sealed", {3, {}, {}}, work.state.id, noise(80)}));
    for (const auto& saved : work.saved) {
        put("entry", 0, encode(saved.rulings));
        for (const auto& effect : saved.effects)
            put("entry", 1, encode(effect));
    }
    for (const auto& [id, record] : work.state.records)
        put("entry", 2, encode(record));
    for (const auto& [id, task] : work.state.tasks)
        put("entry", 3, encode(task));
}

void write_proof()
{
    std::vector<Digest> entries(20);
    for (auto& entry : entries)
        entry = filled<Digest>();
    const crypto::BatchTree tree(filled<Digest>(), entries);
    Bytes bytes;
    Writer out(bytes);
    const std::vector<std::size_t> some{1, 4, 7, 19};
    crypto::encode(tree.proof(some), out);
    put("entry", 10, bytes);
}

void write_messages(const Work& work, const PolicyMessage& policy)
{
    Hello hello;
    hello.credential = random_id<CredentialId>(random_bytes);
    hello.chain_sequence = 77;
    hello.cursors = {{work.state.id, 5}, {random_id<CaseId>(random_bytes), 300}};
    message(MessageType::hello, hello);
    HelloAck ack;
    ack.hats = {"police/team/police.offender_manager"};
    ack.barred = {{work.state.id, "police.supervisor", noise(32), {}}};
    ack.deposit_key = noise(32);
    ack.vacant = {"police.supervisor", "prison.omu"};
    message(MessageType::hello_ack, ack);
    message(MessageType::new_incarnation, NewIncarnation{random_id<IncarnationId>(random_bytes), noise(32), {}, {random_id<IncarnationId>(random_bytes)}});
    message(MessageType::policy, PolicyMessage{noise(300), {}});
    PolicyAndAgencies joined;
    joined.policy.bundle = noise(300);
    joined.agencies.push_back({"an invented agency", {}, noise(71)});
    message(MessageType::policy_and_agencies, joined);
    Push push;
    push.first_sequence = 9;
    Page page;
    page.case_id = work.state.id;
    page.follows = 7;
    page.cursor = 12;
    page.authors = {{noise(120), {}, "Somebody Invented"}};
    page.batches = {{hello.credential, {}, noise(100)}};
    for (std::size_t i = 0; i < work.sealed.size(); ++i) {
        const auto& sealed = work.sealed[i];
        push.items.push_back({sealed.header, sealed.changes, i, {}, {}, {}});
        Entry entry;
        entry.header = sealed.header;
        entry.changes = sealed.changes;
        entry.rulings = encode(work.saved[i].rulings);
        page.entries.push_back(entry);
        entry.kind = Entry::Kind::own;
        page.entries.push_back(entry);
        for (const auto& effect : work.saved[i].effects) {
            entry.kind = Entry::Kind::effect;
            entry.effect = encode(effect);
            page.entries.push_back(entry);
        }
    }
    push.items.push_back({{}, {}, 4, filled<Digest>(), work.state.id, noise(90)});
    message(MessageType::push, push);
    message(MessageType::page, page);
    put("entry", 7, encode(ForkBody{random_id<IncarnationId>(random_bytes), 4, {}, {}, schema::wire::pack(push)}));
    Receipt receipt;
    receipt.up_to = 1000;
    receipt.received_at = Instant{1'780'000'000'000};
    message(MessageType::receipt, receipt);
    message(MessageType::recall, Recall{hello.incarnation, {{1, filled<Digest>()}, {9, filled<Digest>()}}});
    message(MessageType::pull, Pull{true, 1u << 20});
    message(MessageType::credit, Credit{1u << 20});
    message(MessageType::pulled, Pulled{false, {work.state.id}});
    message(MessageType::remove, Remove{work.state.id, "moved", {}});
    message(MessageType::removed, Removed{work.state.id, {}, {}});
    message(MessageType::refusal, Refusal{"refused", "An invented reason.", "Ask somebody."});
    EnrolRequest request;
    request.enrolment = "0123456789abcdef";
    request.csr = noise(200);
    request.salt_key = noise(32);
    request.device_name = "an invented tablet";
    message(MessageType::enrol_request, request);
    EnrolAnswer answer;
    answer.certificate_chain = "-----BEGIN CERTIFICATE-----\n";
    answer.user_name = "Somebody Invented";
    answer.hats = ack.hats;
    answer.agency_keys = {noise(39)};
    answer.policy = policy;
    message(MessageType::enrol_answer, answer);
    for (const int limits : {0, 1, 2, 3}) {
        Bytes stream{7};
        stream.insert(stream.end(), all_frames.begin(), all_frames.end());
        put("frame", limits, stream);
        stream.resize(40);
        put("frame", limits, stream);
    }
}

void write_certificates()
{
    using namespace crypto;
    const Instant now{1'780'000'000'000};
    const auto root = *RootAuthority::create("north", now, random_bytes);
    const auto police = *root.issue_agency("police", now, random_bytes);
    const auto key = CertificateKey::generate(random_bytes);
    const auto csr = make_csr(key);
    const auto leaf = *police.issue_device(*VerifiedRequest::parse(csr), random_id<CredentialId>(random_bytes), now, random_bytes);
    put("certificate", 0, view(certificate_to_pem(leaf) + certificate_to_pem(police.certificate())));
    put("certificate", 0, view(certificate_to_pem(leaf)));
    put("certificate", 1, leaf);
    put("certificate", 1, police.certificate());
    put("certificate", 2, csr);
    put("certificate", 3, key.der().reveal());
    put("certificate", 4, *seal_to(SealingKey::generate(random_bytes).public_key(), noise(40), view("context"), random_bytes));
    const auto code = EnrolmentCode::generate(random_bytes);
    put("certificate", 5, code.text().reveal());
    const CredentialRecord record{random_id<CredentialId>(random_bytes), {}, {}, "police", "an invented tablet", {}, {}};
    put("entry", 4, encode(record));

    EnrolmentSlip slip{*EnrolmentCode::parse(text(code.text().reveal())), "hub.invalid:7443", hub_uri("north"), root.public_hash(),
                       "Somebody Invented", "North", "police", now};
    put("slip", -1, to_text(slip).reveal());
    put("slip", -1, view("[::1]:7443"));

    client::Identity identity;
    identity.hats = {{"police", "team", "police.offender_manager"}};
    identity.vacant = {"police.supervisor", "prison.omu"};
    identity.user_name = "Somebody Invented";
    identity.certificate_chain = certificate_to_pem(leaf);
    identity.agency_keys = {{"police", {}}};
    identity.self = {encode(record), {}, "Somebody Invented"};
    put("entry", 8, encode(identity));
    client::Chain chain;
    chain.salt_key = noise(32);
    put("entry", 9, encode(chain));
}

// A file system that only remembers what was written.
class Remembered final : public crypto::FileSystem {
public:
    Result<Bytes> read(const std::string&, std::size_t) override { return fail(Errc::not_found); }
    Result<void> write_durable(const std::string&, ByteView content) override
    {
        last.assign(content.begin(), content.end());
        return {};
    }
    Result<void> remove(const std::string&) override { return {}; }
    Result<bool> exists(const std::string&) override { return false; }
    Bytes last;
};

void write_key_slots()
{
    using namespace crypto;
    Remembered files;
    FileDeviceSecret secret(files, "secret");
    KeySlots slots(files, secret, "folder");
    const auto passphrase = SecretBytes::copy_of(view("an invented passphrase"));
    for (const bool recoverable : {false, true}) {
        const auto recovery = SealingKey::generate(random_bytes).public_key();
        (void)slots.create(random_id<StoreId>(random_bytes), passphrase, KdfParams::floor(),
                           recoverable ? std::optional(recovery) : std::nullopt, random_bytes);
        put("keyslot", 0, files.last);
        auto body = files.last;
        body.resize(body.size() - sizeof(Digest));
        put("keyslot", 1, body);
        const auto half = body;
        body.insert(body.end(), half.begin(), half.end());
        put("keyslot", 2, body);
    }
}

void write_texts()
{
    for (const auto& file : schema::embedded_bundle())
        put("policy", 0, view(file.text));
    put("policy", 0, view(test::small_policy_text));
    put("policy", 2, view(test::small_policy_text));
    put("policy", 1, view("[record.extra]\ntitle = \"Extra\"\nrefs = [\"G-1-1\"]\ncreate = \"agency:police\"\n"
                          "audience = \"case_agencies\"\n[record.extra.group.body]\nfields = { text = \"note\" }\n"
                          "owner = \"lead_agency\"\nmerge = \"manual\"\n"));
    put("entry", 11, pack_bundle(schema::embedded_bundle().first(1)));

    for (const char* typed : {"27/3/2026", "2026-03-27T16:30:00Z", "yes", "12.5", "-3", "High", "zz99 9zz", "A1234BC", "99/12345X",
                              "X123456", "Two\nlines", "aeaqcaibaeaqcaibaeaqcaibae"})
        for (int high = 0; high < 2; ++high)
            put("value", high, view(std::string(1, static_cast<char>(written * 7)) + typed));

    for (const char* json :
         {R"({"type":"address","event_at":"2026-03-27","basis":"observed","set":{"lines":"1 Invented Row","from":"2026-01-01"}})",
          R"({"add":[{"why":"An invented warning"},{"why":null}],"remove":["raises","raises=x"],"reason":"looked again"})",
          "{\"set\":{\"a\":true}}\n{\"set\":{\"b\":-12}}\n", "{\"set\":{\n\"a\":1.5}}\n",
          R"({"v":1,"command":"record add","values":{"case":["C1"],"set":["lines=x","from=2026-01-01"]}})",
          R"([1,-1,0.5,1e300,18446744073709551615,"\u00e9\ud83d\ude00\u0000",null,true,{"a":{"b":[]}}])"})
        for (int how = 0; how < 3; ++how)
            put("json", how, view(json));
    const std::string digest(64, 'a'), id(26, 'a');
    put("json", 2, view("{\"last_receipt\":{\"epoch\":\"" + digest.substr(32) + "\",\"credential\":\"" + id +
                        "\",\"incarnation\":\"" + id + "\",\"up_to\":3,\"chain_head\":\"" + digest + "\",\"audit_head\":\"" +
                        digest + "\",\"received_at\":\"2026-03-27T16:30:00Z\",\"signature\":\"" + digest + digest + "\"}}\n"));
    for (const char* request : {"{\"v\":1,\"command\":\"status\",\"values\":{},\"input_bytes\":0}\n",
                                "{\"v\":1,\"command\":\"import\",\"values\":{\"FILE\":[\"-\"]},\"input_bytes\":5}\n12345",
                                "{\"v\":2,\"command\":\"status\",\"values\":{}}\n"})
        put("socket", -1, view(request));

    std::ostringstream caseload;
    tools::caseload::JsonLines lines(caseload);
    tools::caseload::Order order;
    order.cases = 3;
    order.today = *parse_date("2026-03-01");
    generate(order, lines);
    const auto whole = caseload.str();
    std::string head, part;
    std::istringstream in(whole);
    for (std::string line; std::getline(in, line);) {
        const bool opens = line.find("\"kind\":\"case\"") != std::string::npos;
        if (!part.empty() && (opens || part.size() > 3000)) {
            put("import", written % 4 == 0 ? 1 : 0, view(part));
            part = opens ? "" : head;
        }
        if (opens)
            head = line + "\n";
        part += line + "\n";
    }
    for (int i = 0; i < 24; ++i)
        put("ruling", -1, noise(40 + 20 * static_cast<std::size_t>(i)));
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app("Example:  satchel-fuzz-seeds FOLDER\n\nWrites first inputs for every fuzz target, a folder each.");
    std::string name;
    app.add_option("FOLDER", name, "made when it is not there")->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    folder = name;
    const auto small = schema::compile_or_fail(std::vector<schema::SourceFile>{{"small.toml", test::small_policy_text}});
    SATCHEL_CHECK(small.has_value());
    const auto work = some_work(*small);
    write_work(work);
    write_proof();
    write_messages(work, {noise(100), {}});
    write_certificates();
    write_key_slots();
    write_texts();
    std::cout << written << " inputs written\n";
    return 0;
}
