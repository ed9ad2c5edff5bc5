#include "tests/simulation/log_reader.hpp"

#include <algorithm>
#include <charconv>

#include "crypto/sealed.hpp"
#include "sync/core/deposit.hpp"
#include "sync/hub/body.hpp"

namespace satchel::simulation {
namespace {

constexpr std::string_view mark_word = "mark ";

// A changeset as it was written, with the ids that its digest gives: that of the signed batch, not one computed here.
std::optional<sync::OpenedChangeset> read_work(const Bytes& header, const std::vector<Bytes>& changes, const Digest& digest)
{
    sync::OpenedChangeset out;
    auto decoded = schema::decode_header(header);
    if (!decoded)
        return std::nullopt;
    out.header = *std::move(decoded);
    out.digest = digest;
    out.id = sync::changeset_id(digest);
    for (std::size_t i = 0; i < changes.size(); ++i) {
        auto change = schema::decode_change(changes[i]);
        if (!change)
            return std::nullopt;
        if (change->creates && change->record.empty())
            change->record = sync::created_record_id(digest, out.header.authored_at);
        out.changes.push_back(*std::move(change));
        out.versions.push_back(sync::version_id(digest, i));
    }
    return out;
}

}  // namespace

std::string marked(std::uint64_t mark, std::string_view words)
{
    return std::string(mark_word) + std::to_string(mark) + ": " + std::string(words);
}

std::vector<std::uint64_t> marks_in(std::string_view text)
{
    std::vector<std::uint64_t> out;
    for (auto at = text.find(mark_word); at != std::string_view::npos; at = text.find(mark_word, at + 1)) {
        std::uint64_t mark = 0;
        const auto digits = text.substr(at + mark_word.size());
        // A page may end within the number: what is not followed by a colon is the beginning of another.
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mark);
        if (error == std::errc{} && end != digits.data() + digits.size() && *end == ':')
            out.push_back(mark);
    }
    return out;
}

Log::Times Log::times(const Promise& promise) const
{
    Times out;
    std::vector<ChangesetId> todo{promise.id};
    const bool by_words = promise.id == ChangesetId{};
    if (by_words) {
        const auto found = marks.find(promise.digit);
        todo = found == marks.end() ? std::vector<ChangesetId>{} : found->second;
    }
    while (!todo.empty()) {
        const auto id = todo.back();
        todo.pop_back();
        if (const auto found = ids.find(id); found != ids.end()) {
            out.all += found->second.all;
            out.sealed += found->second.sealed;
        }
        if (const auto found = rewritten.find(id); !by_words && found != rewritten.end())
            todo.insert(todo.end(), found->second.begin(), found->second.end());
    }
    return out;
}

Log read_log(sync::CentralStore& store, const sync::HubKeys& keys)
{
    Log out;
    auto view = store.view();
    if (!view) {
        out.faults.push_back("the store cannot be read: " + view.error().detail);
        return out;
    }
    std::vector<sync::EntryRow> rows;
    const auto read = (*view)->entries(sync::Position{0}, [&](const sync::EntryRow& row) -> Result<bool> {
        rows.push_back(row);
        return true;
    });
    if (!read)
        out.faults.push_back("the log cannot be read: " + read.error().detail);
    for (auto& row : rows) {
        LogEntry entry;
        entry.row = std::move(row);
        const auto where = "entry " + std::to_string(sync::raw(entry.row.position));
        const bool held = entry.row.kind == sync::EntryKind::held;
        if (entry.row.kind == sync::EntryKind::effect) {
            if (auto effect = sync::decode_effect(entry.row.body))
                entry.effect = *std::move(effect);
            else
                out.faults.push_back(where + " does not decode");
        }
        if (entry.row.kind == sync::EntryKind::changeset || held) {
            const auto batch = (*view)->batch(entry.row.batch_no);
            if (!batch || !*batch || entry.row.sequence < (*batch)->first_sequence ||
                entry.row.sequence - (*batch)->first_sequence >= (*batch)->digests.size()) {
                out.faults.push_back(where + " is in no batch");
                continue;
            }
            const auto& digest = (*batch)->digests[entry.row.sequence - (*batch)->first_sequence];
            entry.id = sync::changeset_id(digest);
            bool sealed = false;
            if (!held) {
                if (const auto body = sync::decode_changeset_body(entry.row.body))
                    entry.work = read_work(body->header, body->changes, digest);
                if (auto rulings = sync::decode_rulings(entry.row.rulings))
                    entry.rulings = *std::move(rulings);
                if (!entry.work)
                    out.faults.push_back(where + " does not decode");
            } else if (const auto body = sync::decode_held_body(entry.row.body)) {
                if (body->why == "written-again") {  // a place in a chain; the work stands elsewhere
                } else if (body->sealed.empty()) {
                    entry.work = read_work(body->work.header, body->work.changes, digest);
                } else if (const auto clear = keys.deposit.open(body->sealed, sync::deposit_context(digest))) {
                    sealed = true;
                    if (const auto work = sync::decode_deposit(clear->reveal()))
                        entry.work = read_work(work->header, work->changes, digest);
                }
            }
            if (entry.work) {
                entry.was = entry.work->header.was;
                // An edit says again what stood there, with older marks; marks count up, so its own is the greatest.
                std::uint64_t own = 0;
                for (const auto& change : entry.work->changes)
                    for (const auto& [field, value] : change.values)
                        for (const auto mark : marks_in(schema::to_text(value)))
                            own = std::max(own, mark);
                if (own != 0)
                    out.marks[own].push_back(entry.id);
            }
            if (entry.work) {  // else only its place in the chain was left of it
                ++out.ids[entry.id].all;
                out.ids[entry.id].sealed += sealed;
            }
            if (entry.was)
                out.rewritten[*entry.was].push_back(entry.id);
        }
        out.entries.push_back(std::move(entry));
    }
    return out;
}

}  // namespace satchel::simulation
