// What device and hub say to each other: docs/PROTOCOL.md tells the order, this file the content.
//
// Every size is bounded where a message is decoded (schema/wire); text that is kept is checked where it is kept.
// Sequence numbers, links and batch secrets pass only between an author and the hub (see proof.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/signing.hpp"
#include "sync/core/proof.hpp"
#include "sync/core/ruling.hpp"

namespace satchel::sync {

inline constexpr std::uint16_t protocol_version = 2;
inline constexpr std::size_t push_items_max = 1000;        // below crypto::batch_leaves
inline constexpr std::size_t push_bytes_max = 512 * 1024;  // before compression; also what a page aims at
inline constexpr std::size_t case_cursors_max = 20'000;
inline constexpr std::size_t recall_points_max = 4096;
inline constexpr std::size_t incarnations_max = 4096;      // of one credential
inline constexpr std::size_t agencies_max = 256;           // of an area
inline constexpr std::size_t vacant_max = 1024;            // roles that nobody holds

using Epoch = std::array<std::uint8_t, 16>;  // of the hub's history: new after a restore
using Nonce = std::array<std::uint8_t, 16>;

// Frame types. Stored in traces and tests: never renumber.
enum class MessageType : std::uint8_t {
    // device to hub
    hello = 1,
    new_incarnation = 2,
    push = 3,
    pull = 4,
    credit = 5,
    removed = 6,
    bye = 7,
    recall = 8,
    // hub to device
    hello_ack = 16,
    policy = 17,
    receipt = 18,
    page = 19,
    pulled = 20,
    remove = 21,
    refusal = 22,
    policy_and_agencies = 23,
    // enrolment, under its own ALPN
    enrol_request = 32,
    enrol_answer = 33,
};

struct CaseCursor {
    CaseId case_id;
    std::uint64_t cursor = 0;  // dense per credential and case: counts deliveries, tells no hub position

    template <class A>
    void serialize(A& a)
    {
        a(case_id, cursor);
    }
};

struct Hello {
    std::uint16_t protocol = protocol_version;
    CredentialId credential;
    IncarnationId incarnation;
    Epoch epoch{};                     // the hub's, as last seen; zero before the first session
    std::uint64_t chain_sequence = 0;  // the last changeset of this incarnation's chain, sent or not
    Digest chain_head{};
    std::uint64_t received = 0;        // up to here this device holds a receipt
    Digest receipt_audit_head{};       // from its last receipt: a hub that does not know it has lost history
    std::uint32_t policy_version = 0;
    Digest policy_digest{};
    std::vector<CaseCursor> cursors;
    // Bytes of pages that it will take at once: what concerns safety may follow without being asked for and, where nothing
    // of its own waits, everything, so that a session that has nothing to do takes one round trip. Zero: it asks when it
    // is ready.
    std::uint64_t pull_credit = 0;
    crypto::Signature proof{};  // by the operation key, over channel_proof_bytes(): both keys sit together

    template <class A>
    void serialize(A& a)
    {
        a(protocol, credential, incarnation, epoch, chain_sequence, chain_head, received, receipt_audit_head,
          policy_version, policy_digest, cursors, pull_credit, proof);
    }
};
// "satchel hello/1" | channel binding | credential | incarnation.
Bytes channel_proof_bytes(ByteView channel_binding, const CredentialId& credential,
                          const IncarnationId& incarnation);

// A case the user is barred from: the device locks it before anything else (G-13a-24).
struct BarredCase {
    CaseId case_id;
    std::string handler_role;
    Bytes handler_key;  // unsent work on the case is sealed to it
    Nonce nonce{};

    template <class A>
    void serialize(A& a)
    {
        a(case_id, handler_role, handler_key, nonce);
    }
};

struct HelloAck {
    enum class Standing : std::uint8_t {
        welcome = 1,
        store_restored = 2,  // the hub holds more of this chain: take a new incarnation, then fetch what was lost
        hub_restored = 3,    // new epoch: re-offer what the hub does not hold, then load every case again
        forked = 4,          // same sequence, other content: kept as evidence, take a new incarnation
        barred = 5,          // user suspended or credential revoked: deposit only
    };
    Standing standing = Standing::welcome;
    bool chain_open = true;              // the hub goes on with this incarnation; else: take a new one before any push
    Epoch epoch{};
    Instant hub_time;                    // evidence for clock skew, nothing else
    std::uint64_t received_sequence = 0;  // the hub holds this incarnation's chain up to here
    Digest received_head{};
    std::uint32_t policy_version = 0;
    std::vector<std::string> hats;
    std::vector<BarredCase> barred;
    Bytes deposit_key;  // Standing::barred: all unsent work is sealed to it
    // What follows is the answer to a safety pull, as if it had been asked for; and that to a full one where the chain is
    // here to its end. Only where both sides agree on everything: welcome, nobody barred, and the device has its receipts.
    bool pulling = false;
    // To those who may have to stand in for others: the roles of the agreement that nobody holds now (I10). At most vacant_max.
    std::vector<std::string> vacant;

    template <class A>
    void serialize(A& a)
    {
        a(standing, chain_open, epoch, hub_time, received_sequence, received_head, policy_version, hats, barred,
          deposit_key, pulling, vacant);
    }
};

// Answers a chain that is not open, inside the session. The hub answers with a HelloAck. It closes the former
// incarnations in the same commit: what a recall finds of them afterwards is final, also when pushes of a dead
// connection, or of a copy of this store, are still on their way.
struct NewIncarnation {
    IncarnationId incarnation;
    Bytes salt_key;
    crypto::Signature signature{};  // by the operation key over incarnation_bytes()
    std::vector<IncarnationId> former = {};  // every one that this store had before

    template <class A>
    void serialize(A& a)
    {
        a(incarnation, salt_key, signature, former);
    }
};
// "satchel incarnation/1" | credential | incarnation | salt key | each former one.
Bytes incarnation_bytes(const CredentialId& credential, const NewIncarnation& message);

struct PolicyMessage {
    Bytes bundle;  // signed; see schema/policy
    crypto::Signature signature{};

    template <class A>
    void serialize(A& a)
    {
        a(bundle, signature);
    }
};

// The registry key of an agency that an agreement brought with it, in the word of the area's root (crypto/registry). Also the row in
// which the hub keeps it.
struct AgencyIntroduction {
    std::string agency;  // as the agreement names it
    crypto::PublicKey registry_key;
    Bytes signature;     // at most crypto::root_signature_bytes_max

    bool operator==(const AgencyIntroduction&) const = default;
    template <class A>
    void serialize(A& a)
    {
        a(agency, registry_key.bytes, signature);
    }
};

// In place of a PolicyMessage once agencies have come to the area that were not there in the beginning: all of those. A program
// that does not know this message ends the session and keeps the agreement that it has.
struct PolicyAndAgencies {
    PolicyMessage policy;
    std::vector<AgencyIntroduction> agencies;

    template <class A>
    void serialize(A& a)
    {
        a(policy, agencies);
    }
};

// One changeset on its way to the hub. Sealed work (barred cases) carries its digest instead of its content.
struct PushItem {
    Bytes header;
    std::vector<Bytes> changes;
    std::uint64_t seen = 0;
    std::optional<Digest> sealed_digest;
    std::optional<CaseId> sealed_case;
    Bytes sealed;
    bool by_sender = false;  // the header comes without its author

    template <class A>
    void serialize(A& a)
    {
        a(header, changes, seen, sealed_digest, sealed_case, sealed, by_sender);
    }
};
// The hub knows who sends: 16 bytes that nothing can compress need not travel.
void leave_out_author(PushItem& item, const CredentialId& sender);
Result<void> put_author_back(PushItem& item, const CredentialId& sender);

struct Push {
    std::uint64_t first_sequence = 0;
    std::vector<PushItem> items;
    crypto::Signature signature{};  // by the operation key over batch_bytes(): one for the whole batch

    template <class A>
    void serialize(A& a)
    {
        a(first_sequence, items, signature);
    }
};
// "satchel batch/1" | credential | root of the blinded batch tree over the changeset digests.
Bytes batch_bytes(const CredentialId& credential, const Digest& root);
// The secret under which the tree of the batch that starts here is blinded.
Digest batch_secret(const crypto::HmacKey& salt_key, std::uint64_t first_sequence);

// Durable and signed: only this lets a device say "Received centrally".
struct Receipt {
    Epoch epoch{};
    CredentialId credential;
    IncarnationId incarnation;
    std::uint64_t up_to = 0;  // all changesets to here are durable at the hub, ruled or held
    Digest chain_head{};
    Digest audit_head{};
    Instant received_at;
    crypto::Signature signature{};  // by the hub's receipt key over receipt_bytes()

    template <class A>
    void serialize(A& a)
    {
        a(epoch, credential, incarnation, up_to, chain_head, audit_head, received_at, signature);
    }
};
Bytes receipt_bytes(const Receipt& receipt);

// A place in an author's chain. Digests are chained: whoever holds one holds everything before it.
struct ChainPoint {
    std::uint64_t sequence = 0;
    Digest digest{};

    template <class A>
    void serialize(A& a)
    {
        a(sequence, digest);
    }
};

// Asks again for a receipt: after a store or a hub was put back to an old copy, or when a receipt was lost on its way.
// Points of one incarnation, present or former, in ascending order. The answer is a Receipt up to the last of them that
// the hub holds; one up to 0, with a zero head, says that it holds none.
struct Recall {
    IncarnationId incarnation;
    std::vector<ChainPoint> points;

    template <class A>
    void serialize(A& a)
    {
        a(incarnation, points);
    }
};

struct Pull {
    bool safety_only = false;  // first of all: cases that hold something about somebody's safety
    std::uint64_t credit = 0;  // bytes of pages the device will take before it grants more

    template <class A>
    void serialize(A& a)
    {
        a(safety_only, credit);
    }
};

struct Credit {
    std::uint64_t bytes = 0;

    template <class A>
    void serialize(A& a)
    {
        a(bytes);
    }
};

// Who an author is, signed by the agency (crypto/registry). Readers keep it: it outlives the credential.
struct AuthorRecord {
    Bytes record;
    crypto::Signature signature{};
    std::string display_name;

    template <class A>
    void serialize(A& a)
    {
        a(record, signature, display_name);
    }
};

// The signed root of a push batch, and the proof that the entries of this page that came in it lie under it.
struct BatchProof {
    CredentialId author;
    crypto::Signature signature{};
    Bytes proof;  // crypto::MultiProof; places ascend, entries of the batch belong to them by their `place`

    template <class A>
    void serialize(A& a)
    {
        a(author, signature, proof);
    }
};

// One entry of a case as a reader gets it.
struct Entry {
    enum class Kind : std::uint8_t {
        changeset = 1,  // somebody's work with its rulings
        own = 2,        // the reader's own work, which the device has: its digest and rulings
        effect = 3,     // the system's
    };
    Kind kind = Kind::changeset;
    Bytes header;
    std::vector<Bytes> changes;
    ChangesetSecret secret{};
    Digest blind{};
    std::uint32_t batch = 0;  // index into Page::batches
    std::uint16_t place = 0;  // in the batch tree
    Digest digest{};          // own
    Bytes rulings;
    Bytes effect;
    Instant received_at;

    template <class A>
    void serialize(A& a)
    {
        a(kind);
        switch (kind) {
        case Kind::changeset:
            a(header, changes, secret, blind, batch, place, rulings);
            break;
        case Kind::own:
            a(digest, rulings);
            break;
        case Kind::effect:
            a(effect);
            break;
        }
        a(received_at);
    }
};
[[nodiscard]] constexpr bool is_known(Entry::Kind kind) noexcept { return kind >= Entry::Kind::changeset && kind <= Entry::Kind::effect; }

// A run of entries of one case. Applied by a device in one transaction with its cursor.
struct Page {
    CaseId case_id;
    bool reset = false;  // what may be seen has changed: drop the case's entries and state first (hide, reveal)
    std::uint64_t follows = 0;  // the cursor of the page before it, 0: none. A device that has another lacks something
    std::uint64_t cursor = 0;
    bool more = false;   // further pages of this case follow
    std::vector<AuthorRecord> authors;
    std::vector<BatchProof> batches;
    std::vector<Entry> entries;

    template <class A>
    void serialize(A& a)
    {
        a(case_id, reset, follows, cursor, more, authors, batches, entries);
    }
};

// Everything asked for has been sent.
struct Pulled {
    bool safety_only = false;
    std::vector<CaseId> scope;  // the cases the credential may work on now; empty when safety_only

    template <class A>
    void serialize(A& a)
    {
        a(safety_only, scope);
    }
};

// The case is to leave the device now. Unsent work went first.
struct Remove {
    CaseId case_id;
    std::string because;  // "moved", "restricted", "suspended"
    Nonce nonce{};

    template <class A>
    void serialize(A& a)
    {
        a(case_id, because, nonce);
    }
};

// The device's signed word that the case is gone from store, search, free pages and log.
struct Removed {
    CaseId case_id;
    Nonce nonce{};
    crypto::Signature signature{};  // by the operation key over removed_bytes()

    template <class A>
    void serialize(A& a)
    {
        a(case_id, nonce, signature);
    }
};
Bytes removed_bytes(const CredentialId& credential, const Removed& message);

// Why the hub ends the session; nothing of the session's last step was kept.
struct Refusal {
    std::string code;  // Errc name
    std::string message;
    std::string next;

    template <class A>
    void serialize(A& a)
    {
        a(code, message, next);
    }
};

struct EnrolRequest {
    std::uint16_t protocol = protocol_version;
    std::string enrolment;  // its public id; the code itself never travels
    Bytes csr;              // DER
    crypto::PublicKey operation_key;
    IncarnationId incarnation;
    Bytes salt_key;
    std::string device_name;
    Digest proof{};  // HMAC of the single-use code over CSR, operation key and channel

    template <class A>
    void serialize(A& a)
    {
        a(protocol, enrolment, csr, operation_key.bytes, incarnation, salt_key, device_name, proof);
    }
};

struct EnrolAnswer {
    std::string certificate_chain;  // PEM, leaf first
    AuthorRecord self;
    CredentialId credential;
    UserId user;
    std::string user_name;
    std::vector<std::string> hats;
    crypto::PublicKey receipt_key;   // the hub's
    std::vector<Bytes> agency_keys;  // registry keys of every agency: name length-prefixed, then 32 bytes
    std::string area;
    Epoch epoch{};
    PolicyMessage policy;

    template <class A>
    void serialize(A& a)
    {
        a(certificate_chain, self, credential, user, user_name, hats, receipt_key.bytes, agency_keys, area, epoch,
          policy);
    }
};

}  // namespace satchel::sync
