// The hub's part of a conversation in a few lines, for tests of the device: one case, real keys, the real reconcile,
// fold and consequences, real pages. It forgets nothing and refuses nobody.
#pragma once

#include <algorithm>
#include <memory>

#include "client/store/store.hpp"
#include "crypto/audit.hpp"
#include "crypto/registry.hpp"
#include "schema/value/identifiers.hpp"
#include "sync/core/consequences.hpp"
#include "sync/core/reconcile.hpp"
#include "tests/unit/crypto/fixed_random.hpp"
#include "tests/unit/sync/core/small_policy.hpp"

namespace satchel::client::test {

using namespace satchel::sync;  // NOLINT: a test's own header

struct Colleague {
    std::string role;
    UserId user;
    CredentialId credential;
    schema::Hat hat;
    crypto::SigningKey key;
    crypto::HmacKey salt;
    IncarnationId incarnation;
    AuthorRecord record;
    std::uint64_t sequence = 0;
    Digest head{};
};

class MiniHub {
public:
    explicit MiniHub(std::uint64_t seed = 1) : random(seed), receipt_key(crypto::SigningKey::generate(random))
    {
        for (const char* agency : {"police", "probation", "prison", "coordination"})
            registry.emplace(agency, crypto::SigningKey::generate(random));
        state.id = random_id<CaseId>(random);
        state.facts = initial_facts(policy());
        for (const auto& [name, value] : state.facts) {
            Effect effect;
            effect.kind = Effect::Kind::fact;
            effect.rule = "new-case";
            effect.name = name;
            effect.text = value;
            add(effect);
        }
        epoch[0] = 1;
    }

    // The small agreement, with every text made searchable; another while somebody has put one in its place.
    static const schema::Policy& policy()
    {
        if (in_its_place())
            return *in_its_place();
        static const schema::Policy searchable = [] {
            auto out = satchel::test::small_policy();
            for (auto& type : out.types)
                for (auto& group : type.groups)
                    for (auto& field : group.fields)
                        field.searchable = field.type == schema::FieldType::text || field.type == schema::FieldType::note;
            return out;
        }();
        return searchable;
    }

    static const schema::Policy*& in_its_place()
    {
        static const schema::Policy* other = nullptr;
        return other;
    }

    AuthorRecord sign_record(const CredentialId& credential, const UserId& user, const std::string& agency,
                             const crypto::PublicKey& key, const std::string& name, bool operator_record = false)
    {
        crypto::CredentialRecord record;
        record.credential = credential;
        record.user = user;
        record.agency = agency;
        record.device_name = "test device";
        record.signing_key = key;
        record.tls_public_hash.fill(operator_record ? 0 : 1);
        const auto signed_record = *crypto::sign_credential(record, registry.at(agency));
        return {signed_record.record, signed_record.signature, name};
    }

    Colleague& person(const std::string& role)
    {
        if (const auto at = people.find(role); at != people.end())
            return *at->second;
        Bytes salt(32);
        random.fill(salt);
        auto key = crypto::SigningKey::generate(random);
        const auto public_key = key.public_key();
        const auto agency = role.substr(0, role.find('.'));
        auto who = std::make_unique<Colleague>(Colleague{role, random_id<UserId>(random), random_id<CredentialId>(random),
                                                   {agency, "team", role}, std::move(key), crypto::HmacKey(salt),
                                                   random_id<IncarnationId>(random), {}, 0, {}});
        who->record = sign_record(who->credential, who->user, agency, public_key, "Person of " + role);
        return *people.emplace(role, std::move(who)).first->second;
    }

    // A device's identity: enrolled for this role.
    struct Enrolled {
        Identity identity;
        Chain chain;
    };
    Enrolled enrol(const std::string& role)
    {
        Enrolled out;
        auto key = crypto::SigningKey::generate(random);
        const auto agency = role.substr(0, role.find('.'));
        auto& id = out.identity;
        id.credential = random_id<CredentialId>(random);
        id.user = random_id<UserId>(random);
        id.user_name = "Fictus Holder";
        id.device_name = "test device";
        id.area = "Northmoor";
        id.hats = {{agency, "team", role}};
        id.self = sign_record(id.credential, id.user, agency, key.public_key(), id.user_name);
        id.operation_seed = key.seed();
        id.receipt_key = receipt_key.public_key();
        for (const auto& [name, registry_key] : registry)
            id.agency_keys.push_back({name, registry_key.public_key()});
        out.chain.incarnation = random_id<IncarnationId>(random);
        out.chain.salt_key.resize(32);
        random.fill(out.chain.salt_key);
        return out;
    }

    // --- Others write ---------------------------------------------------------------------------------------------

    struct Ruled {
        OpenedChangeset opened;
        std::vector<Ruling> rulings;
    };
    Ruled write(const std::string& role, const std::vector<schema::Change>& changes)
    {
        auto& who = person(role);
        schema::Changeset changeset;
        changeset.header.case_id = state.id;
        changeset.header.author = who.credential;
        changeset.header.hat = who.hat;
        changeset.header.authored_at = Instant{1'770'000'000'000};
        changeset.header.policy_version = policy().version;
        changeset.link = {who.incarnation, ++who.sequence, who.head, 0};
        changeset.changes = changes;
        const auto sealed = *seal(changeset, changeset_secret(who.salt, who.sequence));
        const auto opened = *open(sealed);
        who.head = opened.digest;
        const auto batch = sign_batch(who.credential, who.key, batch_secret(who.salt, who.sequence), {opened.digest});
        return rule(sealed, opened, {who.user, who.credential, {who.hat}}, batch, 0);
    }
    Ruled write(const std::string& role, schema::Change change) { return write(role, std::vector{std::move(change)}); }

    // --- A device's work arrives ----------------------------------------------------------------------------------

    // Everything it has not had a receipt for; gives the receipt.
    Receipt take(DeviceStore& store)
    {
        const auto& id = store.identity();
        const auto& chain = store.chain();
        const auto work = *store.to_push(chain.received, 1000, 1 << 20);
        SATCHEL_CHECK(!work.empty());
        const auto key = *crypto::SigningKey::from_seed(id.operation_seed.reveal());
        std::vector<Digest> digests;
        for (const auto& one : work)
            digests.push_back(one.digest);
        const auto batch = sign_batch(id.credential, key,
                                      batch_secret(crypto::HmacKey(chain.salt_key), work.front().sequence), digests);
        for (std::size_t i = 0; i < work.size(); ++i) {
            if (!work[i].body) {
                deposits.push_back(work[i]);
                continue;
            }
            const auto opened = *open(*work[i].body);
            SATCHEL_CHECK(opened.digest == work[i].digest);
            rule(*work[i].body, opened, {id.user, id.credential, id.hats}, batch, i);
        }
        return receipt_for(store, work.back().sequence, work.back().digest);
    }

    Receipt receipt_for(const DeviceStore& store, std::uint64_t up_to, const Digest& head)
    {
        Receipt receipt;
        receipt.epoch = epoch;
        receipt.credential = store.identity().credential;
        receipt.incarnation = store.chain().incarnation;
        receipt.up_to = up_to;
        receipt.chain_head = head;
        receipt.received_at = received_at;
        receipt.signature = receipt_key.sign(receipt_bytes(receipt));
        return receipt;
    }

    // --- Pages ----------------------------------------------------------------------------------------------------

    // The entries from `from` on, as `reader` gets them. Own work travels as digest and rulings unless `whole`.
    [[nodiscard]] Page page(const CredentialId& reader, std::size_t from, bool whole = false) const
    {
        Page out;
        out.case_id = state.id;
        out.follows = from;
        out.cursor = log.size();
        std::map<std::size_t, std::uint32_t> batch_index;
        std::map<std::size_t, std::vector<std::size_t>> leaves;
        std::map<CredentialId, bool> authors;
        for (std::size_t i = from; i < log.size(); ++i) {
            const auto& item = log[i];
            Entry entry;
            entry.received_at = item.received_at;
            if (item.is_effect) {
                entry.kind = Entry::Kind::effect;
                entry.effect = encode(item.effect);
            } else if (item.opened.header.author == reader && !whole) {
                entry.kind = Entry::Kind::own;
                entry.digest = item.opened.digest;
                entry.rulings = encode(item.rulings);
            } else {
                entry.header = item.sealed.header;
                entry.changes = item.sealed.changes;
                entry.secret = item.sealed.secret;
                entry.blind = item.sealed.blind;
                const auto [at, fresh] = batch_index.try_emplace(item.batch, static_cast<std::uint32_t>(out.batches.size()));
                if (fresh)
                    out.batches.push_back({batches[item.batch].author, batches[item.batch].signature, {}});
                entry.batch = at->second;
                entry.place = batches[item.batch].tree->place(item.leaf);
                entry.rulings = encode(item.rulings);
                leaves[item.batch].push_back(item.leaf);
                authors[item.opened.header.author] = true;
            }
            out.entries.push_back(std::move(entry));
        }
        for (const auto& [batch, at] : batch_index) {
            write_proof(out.batches[at].proof, batches[batch].tree->proof(leaves.at(batch)));
        }
        for (const auto& [role, who] : people)
            if (authors.contains(who->credential))
                out.authors.push_back(who->record);
        return out;
    }

    // --- Writing in few words ---------------------------------------------------------------------------------------

    [[nodiscard]] schema::FieldValues values(const std::string& type, const std::map<std::string, std::string>& typed) const
    {
        schema::FieldValues out;
        const auto* t = policy().type(std::string_view(type));
        for (const auto& [name, text] : typed) {
            const auto* group = t->group_of_field(name);
            assign(out, group->field(name)->id, *schema::parse_field_value(*group->field(name), text));
        }
        return out;
    }
    [[nodiscard]] schema::Change creates(const std::string& type, const std::string& group,
                                         const std::map<std::string, std::string>& typed) const
    {
        schema::Change c;
        const auto* t = policy().type(std::string_view(type));
        c.type = t->id;
        c.group = t->group(std::string_view(group))->id;
        c.creates = true;
        if (t->singleton)
            c.record = singleton_record_id(state.id, t->id);
        c.values = values(type, typed);
        const auto merge = t->group(std::string_view(group))->merge;
        if (merge == schema::Merge::append || merge == schema::Merge::add_wins)
            c.op = schema::Op::add;
        return c;
    }
    [[nodiscard]] schema::Change edits(const RecordId& record, const std::string& type, const std::string& group,
                                       const std::map<std::string, std::string>& typed) const
    {
        auto c = creates(type, group, typed);
        c.creates = false;
        c.record = record;
        if (const auto* r = state.record(record))
            if (const auto* g = r->group(c.group))
                c.base = g->current.id;
        return c;
    }

    // A decision on what waits as `item`, taken on what stands now.
    [[nodiscard]] schema::Change decides(const RecordId& record, const VersionId& item, schema::Resolution how,
                                         const std::string& reason = "Looked into") const
    {
        schema::Change c;
        c.op = schema::Op::resolve;
        c.record = record;
        c.targets = {item};
        c.resolution = how;
        c.reason = reason;
        const auto* r = state.record(record);
        c.type = r->type;
        for (const auto& group : r->groups)
            for (const auto& open : group.open)
                if (open.side.id == item) {
                    c.group = group.id;
                    c.base = group.current.id;
                    if (how == schema::Resolution::amend)
                        c.values = open.side.values;
                }
        return c;
    }

    struct LogItem {
        bool is_effect = false;
        SealedChangeset sealed;
        OpenedChangeset opened;
        std::vector<Ruling> rulings;
        std::size_t batch = 0, leaf = 0;
        Effect effect;
        Instant received_at;
    };
    struct Batch {
        CredentialId author;
        crypto::Signature signature;
        std::unique_ptr<crypto::BatchTree> tree;
    };

    FakeRandom random;
    crypto::SigningKey receipt_key;
    std::map<std::string, crypto::SigningKey> registry;
    std::map<std::string, std::unique_ptr<Colleague>> people;
    CaseState state;
    std::vector<LogItem> log;
    std::vector<Batch> batches;
    std::vector<OwnWork> deposits;
    Epoch epoch{};
    Instant received_at{1'780'000'000'000};

private:
    static void write_proof(Bytes& out, const crypto::MultiProof& proof)
    {
        satchel::Writer writer(out);
        crypto::encode(proof, writer);
    }

    std::size_t sign_batch(const CredentialId& author, const crypto::SigningKey& key, const Digest& secret,
                           const std::vector<Digest>& digests)
    {
        auto tree = std::make_unique<crypto::BatchTree>(secret, digests);
        const auto signature = key.sign(batch_bytes(author, tree->root()));
        batches.push_back({author, signature, std::move(tree)});
        return batches.size() - 1;
    }

    void add(const Effect& effect)
    {
        fold(state, effect);
        LogItem item;
        item.is_effect = true;
        item.effect = effect;
        item.received_at = received_at;
        log.push_back(std::move(item));
    }

    Ruled rule(const SealedChangeset& sealed, const OpenedChangeset& opened, const Author& author, std::size_t batch,
               std::size_t leaf)
    {
        received_at.ms += 1000;
        schema::Changeset judged{opened.header, {}, opened.changes};
        const auto facts = state.facts;
        const auto rulings = reconcile(state, judged, Context{&policy(), &policy(), &facts, author});
        fold(state, opened, rulings);
        LogItem item;
        item.sealed = sealed;
        item.opened = opened;
        item.rulings = rulings;
        item.batch = batch;
        item.leaf = leaf;
        item.received_at = received_at;
        log.push_back(std::move(item));
        for (const auto& effect : consequences(state, opened, rulings, policy(), {received_at, day_of(received_at)}))
            add(effect);
        return {opened, rulings};
    }
};

}  // namespace satchel::client::test
