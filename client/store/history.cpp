// Why a value is what it is: every change of a record from the log, losers included, and how far each can be
// proved.
#include <algorithm>
#include <map>
#include <set>

#include "client/store/authors.hpp"
#include "client/store/store_impl.hpp"
#include "crypto/audit.hpp"
#include "crypto/certificates.hpp"
#include "sync/core/fold.hpp"

namespace satchel::client {
namespace {

using EntryKind = sync::Entry::Kind;

std::string_view disposition_of(schema::Resolution resolution)
{
    switch (resolution) {
    case schema::Resolution::accept:
        return "accepted";
    case schema::Resolution::amend:
        return "amended";
    case schema::Resolution::decline:
        return "declined";
    case schema::Resolution::withdrawn:
        return "withdrawn";
    case schema::Resolution::choose_a:
    case schema::Resolution::choose_b:
    case schema::Resolution::both:
    case schema::Resolution::previous:
        return "resolved";
    default:
        return {};
    }
}

// Reads one case's log into lines.
struct Reading {
    DeviceStore::Impl& impl;
    const RecordId& wanted; // empty: every record
    std::vector<HistoryLine> lines;
    std::map<CredentialId, std::string> names;

    // What the proof of each batch needs: its entries by place, and the lines that stand on it.
    struct Batch {
        std::vector<std::pair<std::uint16_t, Digest>> entries;
        std::vector<std::size_t> lines;
        crypto::CredentialRecord author; // once holds() has said yes
    };
    std::map<std::int64_t, Batch> batches;

    [[nodiscard]] bool wants(const RecordId& record) const { return wanted.empty() || record == wanted; }

    Result<std::string> name_of(const CredentialId& author)
    {
        if (author == impl.identity.credential)
            return impl.identity.user_name;
        if (const auto at = names.find(author); at != names.end())
            return at->second;
        SATCHEL_TRY(auto query, impl.db.statement("SELECT display_name FROM authors WHERE credential = ?"));
        query.bind(1, author);
        SATCHEL_TRY(const bool found, query.step());
        auto name = found ? std::string(query.text(0)) : std::string();
        names[author] = name;
        return name;
    }

    Result<void> add(const sync::OpenedChangeset& opened, const std::vector<sync::Ruling>& rulings,
                     Instant received_at, Proof proof, bool pending)
    {
        for (std::size_t i = 0; i < opened.changes.size(); ++i) {
            const auto& change = opened.changes[i];
            if (!wants(change.record) || change.op == schema::Op::task)
                continue;
            HistoryLine line;
            line.record = change.record;
            line.type = change.type;
            line.group = change.group;
            line.version = opened.versions[i];
            line.op = change.op;
            line.values = change.values;
            line.targets = change.targets;
            line.resolution = change.resolution;
            line.reason = change.reason;
            line.base = change.base;
            line.author = opened.header.author;
            SATCHEL_TRY(line.author_name, name_of(line.author));
            line.agency = opened.header.hat.agency;
            line.role = opened.header.hat.role;
            line.device = to_string(line.author);
            line.basis = opened.header.basis;
            line.basis_source = opened.header.basis_source;
            line.event_at = opened.header.event_at;
            line.authored_at = opened.header.authored_at;
            line.received_at = received_at;
            line.pending = pending;
            if (i < rulings.size())
                line.ruling = rulings[i];
            line.proof = proof;
            lines.push_back(std::move(line));
        }
        return {};
    }

    void add(const sync::Effect& effect, Instant received_at)
    {
        if (effect.kind != sync::Effect::Kind::set || !wants(effect.record))
            return;
        HistoryLine line;
        line.record = effect.record;
        line.type = effect.type;
        line.group = effect.group;
        line.version = effect.version;
        line.op = effect.element ? schema::Op::add : schema::Op::set;
        line.values = effect.values;
        line.author_name = effect.text;
        if (const auto happened = parse_instant(effect.name)) // imported with the time that its source gave
            line.event_at = *happened;
        line.agency = effect.on_behalf.agency;
        line.role = effect.on_behalf.role;
        line.received_at = received_at;
        sync::Ruling ruling;
        ruling.outcome = sync::Outcome::applied;
        ruling.rule = effect.rule;
        ruling.paragraph = effect.paragraph;
        line.ruling = std::move(ruling);
        line.proof = Proof::hub_operator;
        lines.push_back(std::move(line));
    }

    // Those after the first `seen` entries, received after `after`.
    Result<void> read_log(const CaseRow& row, std::int64_t seen, Instant after)
    {
        auto& db = impl.db;
        SATCHEL_TRY(
            auto log,
            db.statement("SELECT e.kind, e.batch_no, e.place, e.body, e.rulings, e.received_at, o.body "
                         "FROM entries e LEFT JOIN own o ON e.kind = 2 AND o.own_no = e.batch_no "
                         "WHERE e.entry_no > ? AND e.entry_no <= ? AND e.received_at > ? ORDER BY e.entry_no"));
        log.bind_all(row_number(row.no, seen), row_number(row.no, row.entries), after.ms);
        for (;;) {
            SATCHEL_TRY(const bool more, log.step());
            if (!more)
                return {};
            const Instant received_at{log.int64(5)};
            const auto kind = static_cast<EntryKind>(log.int64(0));
            if (kind == EntryKind::effect) {
                SATCHEL_TRY(const auto effect, sync::decode_effect(log.blob(3)));
                add(effect, received_at);
                continue;
            }
            SATCHEL_TRY(const auto rulings, sync::decode_rulings(log.blob(4)));
            SATCHEL_TRY(const auto sealed, unpack_changeset(log.blob(kind == EntryKind::own ? 6 : 3)));
            SATCHEL_TRY(const auto opened, sync::open(sealed));
            if (kind == EntryKind::own) {
                SATCHEL_TRYV(add(opened, rulings, received_at,
                                 opened.digest == log.array(3) ? Proof::valid : Proof::invalid,
                                 /*pending=*/false));
                continue;
            }
            auto& batch = batches[log.int64(1)];
            batch.entries.emplace_back(static_cast<std::uint16_t>(log.int64(2)), opened.digest);
            const auto first = lines.size();
            SATCHEL_TRYV(add(opened, rulings, received_at, Proof::valid, /*pending=*/false));
            for (auto i = first; i < lines.size(); ++i)
                batch.lines.push_back(i);
        }
    }

    Result<void> read_pending(const CaseRow& row)
    {
        SATCHEL_TRY(auto pending,
                    impl.db.statement("SELECT body, outcome FROM own "
                                      "WHERE case_no = ? AND in_log = 0 AND state < 3 ORDER BY own_no"));
        pending.bind(1, row.no);
        for (;;) {
            SATCHEL_TRY(const bool more, pending.step());
            if (!more)
                return {};
            SATCHEL_TRY(const auto sealed, unpack_changeset(pending.blob(0)));
            SATCHEL_TRY(const auto opened, sync::open(sealed));
            SATCHEL_TRY(const auto forecast, sync::decode_rulings(pending.blob(1)));
            SATCHEL_TRYV(add(opened, forecast, {}, Proof::partial, /*pending=*/true));
        }
    }

    // What a sound signature proves: of the hub's operator, who has no certificate, not that the user wrote it; of a
    // device, only what it wrote for the agency that vouches for it.
    static Proof proof_under(const crypto::CredentialRecord& author, const HistoryLine& line)
    {
        if (author.tls_public_hash == Digest{})
            return Proof::hub_operator;
        return crypto::label_of(line.agency).value_or(line.agency) == author.agency ? Proof::valid : Proof::partial;
    }

    // From what is stored alone: author record under the agency's key, batch signature under the author's,
    // digests under the batch.
    Result<bool> holds(std::int64_t batch_no, Batch& batch)
    {
        SATCHEL_TRY(auto query,
                    impl.db.statement("SELECT b.author, b.signature, b.proof, a.record, a.signature, "
                                      "a.display_name FROM batches b "
                                      "JOIN authors a ON a.credential = b.author WHERE b.batch_no = ?"));
        query.bind(1, batch_no);
        SATCHEL_TRY(const bool found, query.step());
        if (!found)
            return false;
        sync::AuthorRecord author;
        author.record = to_bytes(query.blob(3));
        author.signature = query.array<64>(4);
        author.display_name = query.text(5);
        const auto known = check_author(author, impl.identity.agency_keys);
        Reader in(query.blob(2));
        const auto proof = crypto::decode_multi_proof(in);
        if (!known || !proof || known->credential != query.id<CredentialId>(0))
            return false;
        batch.author = *known;
        std::sort(batch.entries.begin(), batch.entries.end());
        std::vector<Digest> digests;
        for (std::size_t i = 0; i < batch.entries.size(); ++i) {
            if (i >= proof->places.size() || batch.entries[i].first != proof->places[i])
                return false;
            digests.push_back(batch.entries[i].second);
        }
        const auto root = crypto::root_from_proof(digests, *proof);
        return root && crypto::verify(known->signing_key, sync::batch_bytes(query.id<CredentialId>(0), *root),
                                      query.array<64>(1));
    }

    Result<void> prove()
    {
        for (auto& [batch_no, batch] : batches) {
            if (batch.lines.empty())
                continue;
            SATCHEL_TRY(const bool sound, holds(batch_no, batch));
            for (const auto i : batch.lines)
                lines[i].proof = sound ? proof_under(batch.author, lines[i]) : Proof::invalid;
        }
        return {};
    }

    // What became of each suggestion and conflict: a later line says so, or the state still holds it open.
    void dispose(const std::set<VersionId>& open)
    {
        std::map<VersionId, std::size_t> places;
        for (std::size_t i = 0; i < lines.size(); ++i)
            places.emplace(lines[i].version, i);
        for (auto& line : lines) {
            const bool stands = line.ruling && (line.ruling->outcome == sync::Outcome::applied ||
                                                line.ruling->outcome == sync::Outcome::merged);
            if (line.ruling && line.ruling->amends)
                if (const auto at = places.find(line.ruling->amended); at != places.end())
                    lines[at->second].disposition = "amended";
            const auto word = disposition_of(line.resolution);
            if (line.op != schema::Op::resolve || !stands || word.empty() || line.targets.empty())
                continue;
            const auto at = places.find(line.targets.front());
            if (at == places.end())
                continue;
            auto& settled = lines[at->second];
            settled.disposition = word;
            if (line.resolution == schema::Resolution::accept ||
                line.resolution == schema::Resolution::choose_b)
                line.values = settled.values; // what the decision put in the record
        }
        for (auto& line : lines) {
            const bool waited = line.ruling && (line.ruling->outcome == sync::Outcome::suggested ||
                                                line.ruling->outcome == sync::Outcome::conflict);
            if (!waited || !line.disposition.empty())
                continue;
            line.disposition = open.contains(line.version) ? "open" : "overtaken";
            // The first of two people: what became of their decision is what became of what it was about.
            if (line.op != schema::Op::resolve || open.contains(line.version) || line.targets.empty())
                continue;
            const auto about = places.find(line.targets.front());
            if (about != places.end() && lines[about->second].disposition == disposition_of(line.resolution))
                line.disposition = "accepted";
        }
    }
};

std::set<VersionId> open_versions(const sync::RecordState& record)
{
    std::set<VersionId> out;
    for (const auto& group : record.groups)
        for (const auto& item : group.open) {
            out.insert(item.side.id);
            if (!item.proposed.id.empty())
                out.insert(item.proposed.id);
        }
    return out;
}

} // namespace

Result<std::vector<HistoryLine>> DeviceStore::history(const CaseId& case_id, const RecordId& record,
                                                      bool prove)
{
    auto& impl = *impl_;
    SATCHEL_TRY(const auto row, impl.case_row(case_id));
    Reading reading{impl, record, {}, {}, {}};
    SATCHEL_TRYV(reading.read_log(row, 0, Instant{INT64_MIN}));
    SATCHEL_TRYV(reading.read_pending(row));
    std::set<VersionId> open;
    if (record.empty()) {
        sync::CaseState state;
        SATCHEL_TRYV(impl.load_case(row, /*overlay=*/true, state));
        for (const auto& [id, one] : state.records)
            open.merge(open_versions(one));
    } else {
        SATCHEL_TRY(const auto one, impl.record(row.no, record, /*overlay=*/true));
        if (one)
            open = open_versions(*one);
    }
    if (prove)
        SATCHEL_TRYV(reading.prove());
    reading.dispose(open);
    return std::move(reading.lines);
}

Result<sync::CaseState> DeviceStore::case_as_of(const CaseId& case_id, Instant then)
{
    auto& impl = *impl_;
    SATCHEL_TRY(const auto row, impl.case_row(case_id));
    sync::CaseState out;
    out.id = case_id;
    SATCHEL_TRY(auto log, impl.db.statement("SELECT e.kind, e.body, e.rulings, e.received_at, o.body "
                                            "FROM entries e LEFT JOIN own o ON e.kind = 2 AND o.own_no = e.batch_no "
                                            "WHERE e.entry_no > ? AND e.entry_no <= ? AND e.received_at <= ? "
                                            "ORDER BY e.entry_no"));
    log.bind_all(row_number(row.no, 0), row_number(row.no, row.entries), then.ms);
    for (;;) {
        SATCHEL_TRY(const bool more, log.step());
        if (!more)
            return out;
        const auto kind = static_cast<EntryKind>(log.int64(0));
        if (kind == EntryKind::effect) {
            SATCHEL_TRY(const auto effect, sync::decode_effect(log.blob(1)));
            sync::fold(out, effect);
            continue;
        }
        SATCHEL_TRY(const auto rulings, sync::decode_rulings(log.blob(2)));
        SATCHEL_TRY(const auto sealed, unpack_changeset(log.blob(kind == EntryKind::own ? 4 : 1)));
        SATCHEL_TRY(const auto opened, sync::open(sealed));
        sync::fold(out, opened, rulings);
    }
}

Result<std::vector<std::pair<CaseId, HistoryLine>>> DeviceStore::changes_since_last_look(bool mark)
{
    auto& impl = *impl_;
    std::vector<std::pair<CaseId, HistoryLine>> out;
    const RecordId any;
    SATCHEL_TRY(const auto all, cases());
    for (const auto& one : all) {
        SATCHEL_TRY(const auto row, impl.case_row(one.case_id));
        SATCHEL_TRY(auto looked,
                    impl.db.statement("SELECT looked_entries, looked_at FROM cases WHERE case_no = ?"));
        looked.bind(1, row.no);
        SATCHEL_TRY(const bool found, looked.step());
        SATCHEL_CHECK(found);
        Reading reading{impl, any, {}, {}, {}};
        SATCHEL_TRYV(reading.read_log(row, looked.int64(0), Instant{looked.int64(1)}));
        for (auto& line : reading.lines)
            if (line.author != impl.identity.credential)
                out.emplace_back(one.case_id, std::move(line));
        if (mark)
            SATCHEL_TRYV(
                impl.db.run("UPDATE cases SET looked_entries = entries, looked_at = 0 WHERE case_no = ?", row.no));
    }
    return out;
}

Result<std::optional<sync::AuthorRecord>> DeviceStore::author(const CredentialId& author)
{
    SATCHEL_TRY(auto query, impl_->db.statement("SELECT record, signature, display_name FROM authors "
                                                "WHERE credential = ?"));
    query.bind(1, author);
    SATCHEL_TRY(const bool found, query.step());
    if (!found)
        return std::optional<sync::AuthorRecord>{};
    sync::AuthorRecord out;
    out.record = to_bytes(query.blob(0));
    out.signature = query.array<64>(1);
    out.display_name = query.text(2);
    return std::optional{std::move(out)};
}

Result<std::string> DeviceStore::author_name(const CredentialId& author)
{
    const RecordId any;
    Reading reading{*impl_, any, {}, {}, {}};
    return reading.name_of(author);
}

} // namespace satchel::client
