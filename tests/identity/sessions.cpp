// Past TLS: hellos and enrolments that are not what they say.
#include "tests/identity/credentials.hpp"

namespace satchel::test {
namespace {

std::string says(Door& d, const std::function<void(Hello&)>& alter)
{
    return d.try_with(d.as(d.good), d.hello_of(d.good, alter));
}

std::vector<Row> hellos()
{
    constexpr auto another = "refused: bad_certificate: the certificate is another device's";
    constexpr auto not_proved =
        "refused: bad_signature: the proof of the operation key does not hold for this connection";
    constexpr auto stranger = "refused: access_removed: this device is not enrolled here";
    return {
        {"a second certificate for its name, of the same serial number", another,
         [](Door& d) { return d.try_with(d.with(d.leaf())); }, other_device},
        {"another device's hello", another,
         [](Door& d) {
             const auto other = d.world.enrol(d.user, police_role, "Laptop");
             return d.try_with(d.as(other), d.hello_of(d.good));
         },
         other_device},
        {"its name under another agency's authority", another,
         [](Door& d) {
             const auto leaf = Door::leaf_named("critical,URI:" + d.uri("probation.testshire.satchel.invalid"));
             return d.try_with(d.with(leaf, d.world.keys.agency("probation")->authority));
         },
         other_device},
        {"an unknown credential with a valid chain", stranger,
         [](Door& d) {
             auto ghost = d.good;
             ghost.credential = random_id<CredentialId>(d.world.random());
             const auto leaf = Door::leaf_named("critical,URI:spiffe://police.testshire.satchel.invalid/device/" +
                                                to_string(ghost.credential));
             return d.try_with(d.with(leaf), d.hello_of(ghost));
         },
         no_oracle},
        {"the hub operator's credential", stranger,
         [](Door& d) {
             // It comes to be with the first decision made at the hub.
             auto& w = d.world;
             const auto case_id = must(w.service().add_case("C1"));
             const auto proposer = w.user("Peter Proposer", "prison.omu");
             for (const auto& one : {d.user, proposer})
                 must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(one)}));
             auto police = w.enrol(d.user, police_role, "Desk"), prison = w.enrol(proposer, "prison.omu");
             const auto first = w.save(
                 police, case_id,
                 {w.creates(case_id, "address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}})});
             w.push(police);
             const auto second = w.save(prison, case_id,
                                        {w.edits(case_id, first.changes[0].record, "address", "where",
                                                 {{"lines", "2 Invented Row"}, {"from", "2026-02-01"}})});
             w.push(prison);
             must(w.service().decide(
                 {second.versions[0], d.user, schema::Resolution::accept, {}, "Confirmed by telephone"}));
             std::optional<CredentialId> found;
             must(must(w.store().view())->credentials([&](const CredentialRow& row) -> Result<bool> {
                 if (row.kind != CredentialRow::Kind::device)
                     found = row.id;
                 return !found;
             }));
             auto ghost = d.good;
             ghost.credential = found.value();
             const auto leaf = Door::leaf_named("critical,URI:spiffe://police.testshire.satchel.invalid/device/" +
                                                to_string(ghost.credential));
             return d.try_with(d.with(leaf), d.hello_of(ghost));
         },
         no_oracle},
        {"a hello signed by another key", not_proved,
         [](Door& d) {
             auto other = d.good;
             other.operation =
                 std::make_shared<const crypto::SigningKey>(crypto::SigningKey::generate(d.world.random()));
             return d.try_with(d.as(d.good), d.hello_of(other));
         },
         proof},
        {"a hello of another connection", not_proved,
         [](Door& d) {
             Digest heard{};
             d.try_with(d.as(d.good), [&](const Digest& channel) {
                 heard = channel;
                 return d.hello_of(d.good)(channel);
             });
             return d.try_with(d.as(d.good), [&](const Digest&) { return d.hello_of(d.good)(heard); });
         },
         proof},
        {"another incarnation than was signed for", not_proved,
         [](Door& d) { return says(d, [&](Hello& h) { h.incarnation = random_id<IncarnationId>(d.world.random()); }); },
         proof},
        {"another version of the protocol", "refused: version_mismatch: protocol",
         [](Door& d) { return says(d, [](Hello& h) { h.protocol = protocol_version + 1; }); }, one_protocol},
        {"a cursor that was never given", "refused: protocol_violation: a cursor that was never given",
         [](Door& d) {
             return says(d, [&](Hello& h) { h.cursors.push_back({random_id<CaseId>(d.world.random()), UINT64_MAX}); });
         }},
        {"work before the hello", "refused: protocol_violation: a session starts with one hello",
         [](Door& d) {
             return d.try_with(d.as(d.good),
                               [](const Digest&) { return framed(MessageType::pull, schema::wire::pack(Pull{})); });
         }},
        {"a hello where one enrols", "refused: protocol_violation: an enrolment starts with its request",
         [](Door& d) {
             auto wish = d.as(d.good);
             wish.protocols = {"satchel-enrol/1"};
             return d.try_with(wish);
         }},
        {"a revoked device", "barred",
         [](Door& d) {
             const auto lost = d.world.enrol(d.user, police_role, "Lost");
             must(d.world.service().revoke(lost.credential));
             return d.try_with(d.as(lost), d.hello_of(lost));
         },
         barred},
        {"a suspended user's device", "barred",
         [](Door& d) {
             const auto gone = d.world.user("Invented Leaver", police_role);
             const auto device = d.world.enrol(gone, police_role);
             must(d.world.service().suspend(gone));
             return d.try_with(d.as(device), d.hello_of(device));
         },
         barred},
        {"a device whose certificate ran out", "tls: the peer's certificate: certificate has expired",
         [](Door& d) {
             const auto request = must(crypto::parse_and_verify_csr(crypto::make_csr(*d.good.tls_key)));
             const auto then = crypto::after(d.now(), -std::chrono::hours(24 * 30));
             const auto older = must(d.police().issue_device(request, d.good.credential, then, d.world.random()));
             return d.try_with({{older, d.police().certificate()}, d.good.tls_key->handle()});
         },
         "judged by the hub's clock"},
    };
}

// ---- Enrolment ----

using Alter = std::function<void(EnrolRequest&)>;

std::string enrols(Door& d, const EnrolmentSlip& slip, const Alter& alter = {},
                   const std::optional<Digest>& channel = {})
{
    const auto device = d.world.new_device(d.user, police_role);
    Wish wish;
    wish.protocols = {"satchel-enrol/1"};
    return d.try_with(wish, [&](const Digest& own) {
        auto request = HubWorld::request(device, slip, "Tablet", channel.value_or(own));
        if (alter)
            alter(request);
        return framed(MessageType::enrol_request, schema::wire::pack(request));
    });
}

EnrolmentSlip slip(Door& d)
{
    return must(d.world.service().create_enrolment(d.user, std::chrono::minutes(15), "localhost:1"));
}

std::vector<Row> enrolments()
{
    constexpr auto unknown = "refused: not_found: this enrolment is not known, used already, or has run out";
    return {
        {"a slip used twice", unknown,
         [](Door& d) {
             const auto once = slip(d);
             auto device = d.world.new_device(d.user, police_role);
             must(d.world.service().enrol(HubWorld::request(device, once, "Tablet", HubWorld::channel()),
                                          HubWorld::channel()));
             return enrols(d, once);
         },
         no_oracle},
        {"a slip that ran out", unknown,
         [](Door& d) {
             const auto late = slip(d);
             d.world.clock.ms += 16LL * 60 * 1000;
             return enrols(d, late);
         },
         no_oracle},
        {"a slip that nobody made", unknown,
         [](Door& d) {
             auto made_up = slip(d);
             made_up.code = crypto::EnrolmentCode::generate(d.world.random());
             return enrols(d, made_up);
         },
         no_oracle},
        {"a wrong code", unknown,
         [](Door& d) {
             const auto right = slip(d);
             auto wrong = slip(d);
             return enrols(d, wrong, [&](EnrolRequest& r) { r.enrolment = enrolment_name(right.code); });
         },
         no_oracle},
        {"a suspended user's slip", unknown,
         [](Door& d) {
             const auto gone = d.world.user("Invented Leaver Two", police_role);
             const auto code = must(d.world.service().create_enrolment(gone, std::chrono::minutes(15), "localhost:1"));
             must(d.world.service().suspend(gone));
             return enrols(d, code);
         },
         no_oracle},
        {"a request of another connection", unknown, [](Door& d) { return enrols(d, slip(d), {}, Digest{7}); },
         no_oracle},
        {"another operation key than was vouched for", unknown,
         [](Door& d) {
             return enrols(d, slip(d), [&](EnrolRequest& r) {
                 r.operation_key = crypto::SigningKey::generate(d.world.random()).public_key();
             });
         },
         no_oracle},
        {"a request signed by another key", "refused: bad_signature: the request is not signed by its own key",
         [](Door& d) { return enrols(d, slip(d), [](EnrolRequest& r) { r.csr.back() ^= 1; }); }},
        {"a request that is none", "refused: malformed: not a certificate request",
         [](Door& d) { return enrols(d, slip(d), [](EnrolRequest& r) {
                           r.csr = {1, 2, 3};
                       }); }},
        {"a request that is too long", "refused: too_large: a certificate request is longer than 2048 bytes",
         [](Door& d) { return enrols(d, slip(d), [](EnrolRequest& r) { r.csr.resize(3000); }); }},
        {"a request for another kind of key", "refused: refused: the request's key is not a P-256 key",
         [](Door& d) {
             return enrols(d, slip(d), [](EnrolRequest& r) {
                 const auto key = curve_key("P-384");
                 const crypto::ossl::Request request{X509_REQ_new()};
                 X509_REQ_set_pubkey(request.get(), key.get());
                 X509_REQ_sign(request.get(), key.get(), EVP_sha256());
                 std::uint8_t* der = nullptr;
                 const int size = i2d_X509_REQ(request.get(), &der);
                 r.csr.assign(der, der + size);
                 OPENSSL_free(der);
             });
         }},
        {"another version of enrolment", "refused: version_mismatch: protocol",
         [](Door& d) { return enrols(d, slip(d), [](EnrolRequest& r) { r.protocol = 9; }); }, one_protocol},
        {"a salt key that is none", "refused: malformed: enrolment request",
         [](Door& d) { return enrols(d, slip(d), [](EnrolRequest& r) { r.salt_key.clear(); }); }},
    };
}

}  // namespace

std::vector<Row> false_sessions()
{
    std::vector<Row> out;
    for (auto part : {hellos, enrolments})
        std::ranges::move(part(), std::back_inserter(out));
    return out;
}

}  // namespace satchel::test
