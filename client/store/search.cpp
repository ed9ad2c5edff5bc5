// Full-text search over what may be searched, brought up to date when there is time: not while a session
// applies pages.
#include <set>

#include "client/store/store_impl.hpp"

namespace satchel::client {
namespace {

// The searchable text of a record: confirmed, suggested and pending values alike.
std::string words_of(const sync::RecordState& record, const schema::RecordType& type)
{
    std::string out;
    const auto add = [&](const schema::Group& group, const schema::FieldValues& values) {
        for (const auto& field : group.fields)
            if (field.searchable)
                if (const auto* v = schema::find(values, field.id); v && !schema::is_null(*v))
                    out += schema::to_text(*v) + "\n";
    };
    for (const auto& state : record.groups) {
        const auto* group = type.group(state.id);
        if (!group)
            continue;
        add(*group, state.current.values);
        for (const auto& element : state.elements)
            add(*group, element.values);
        for (const auto& item : state.open)
            if (!item.removes)
                add(*group, item.side.values);
    }
    return out;
}

// What a user typed as an FTS5 expression: every word must be there; the last may be the beginning of one.
std::string expression(std::string_view words)
{
    std::string out;
    std::string word;
    const auto end_word = [&](bool last) {
        if (word.empty())
            return;
        out += (out.empty() ? "\"" : " \"") + word + (last ? "\"*" : "\"");
        word.clear();
    };
    for (const char c : words) {
        if (c == ' ' || c == '\n' || c == '\t') {
            end_word(/*last=*/false);
            continue;
        }
        if (c == '"')
            word += '"'; // doubled inside a quoted string
        word += c;
    }
    end_word(/*last=*/true);
    return out;
}

Result<void> index_record(DeviceStore::Impl& impl, std::int64_t case_no, const RecordId& id)
{
    auto& db = impl.db;
    SATCHEL_TRY(
        const auto doc,
        db.lookup_int64("SELECT doc_no FROM documents WHERE case_no = ? AND record_id = ?", case_no, id));
    SATCHEL_TRY(const auto state, impl.record(case_no, id, /*overlay=*/true));
    const auto* type = state ? impl.policy->type(state->type) : nullptr;
    const auto words = type && state->withdrawn.empty() ? words_of(*state, *type) : std::string();
    if (doc)
        SATCHEL_TRYV(db.run("DELETE FROM search WHERE rowid = ?", *doc));
    if (words.empty())
        return doc ? db.run("DELETE FROM documents WHERE doc_no = ?", *doc) : Result<void>{};
    auto doc_no = doc.value_or(0);
    if (!doc) {
        SATCHEL_TRYV(db.run("INSERT INTO documents(case_no, record_id) VALUES(?,?)", case_no, id));
        doc_no = db.last_insert_rowid();
    }
    return db.run("INSERT INTO search(rowid, words) VALUES(?,?)", doc_no, words);
}

void name_records(const sync::OpenedChangeset& opened, std::set<RecordId>& out)
{
    for (const auto& change : opened.changes)
        if (!change.record.empty())
            out.insert(change.record);
}

} // namespace

Result<void> DeviceStore::Impl::drop_words(std::int64_t case_no, const RecordId& id)
{
    SATCHEL_TRY(const auto doc, db.lookup_int64("SELECT doc_no FROM documents WHERE case_no = ? AND record_id = ?", case_no, id));
    if (!doc)
        return {};
    SATCHEL_TRYV(db.run("DELETE FROM search WHERE rowid = ?", *doc));
    return db.run("DELETE FROM documents WHERE doc_no = ?", *doc);
}

Result<void> DeviceStore::index_new_work()
{
    auto& impl = *impl_;
    auto& db = impl.db;
    SATCHEL_CHECK(impl.policy);
    SATCHEL_TRY(auto transaction, crypto::Transaction::begin(db));
    bool anything = false;

    std::map<std::int64_t, std::set<RecordId>> changed;
    std::vector<std::pair<std::int64_t, std::int64_t>> indexed; // case, entries
    {
        SATCHEL_TRY(auto behind, db.statement("SELECT case_no, indexed_entries, entries FROM cases "
                                              "WHERE entries <> indexed_entries AND locked = 0"));
        for (;;) {
            SATCHEL_TRY(const bool more, behind.step());
            if (!more)
                break;
            const auto case_no = behind.int64(0);
            indexed.emplace_back(case_no, behind.int64(2));
            SATCHEL_TRY(auto entries, db.statement("SELECT e.kind, e.body, o.body FROM entries e "
                                                   "LEFT JOIN own o ON e.kind = 2 AND o.own_no = e.batch_no "
                                                   "WHERE e.entry_no > ? AND e.entry_no <= ?"));
            entries.bind_all(row_number(case_no, behind.int64(1)), row_number(case_no, behind.int64(2)));
            for (;;) {
                SATCHEL_TRY(const bool next, entries.step());
                if (!next)
                    break;
                const auto kind = static_cast<sync::Entry::Kind>(entries.int64(0));
                if (kind == sync::Entry::Kind::effect) {
                    SATCHEL_TRY(const auto effect, sync::decode_effect(entries.blob(1)));
                    if (!effect.record.empty())
                        changed[case_no].insert(effect.record);
                    continue;
                }
                SATCHEL_TRY(const auto sealed,
                            unpack_changeset(entries.blob(kind == sync::Entry::Kind::own ? 2 : 1)));
                SATCHEL_TRY(const auto opened, sync::open(sealed));
                name_records(opened, changed[case_no]);
            }
        }
    }
    SATCHEL_TRY(const auto mark, impl.meta("indexed_own"));
    std::int64_t own_mark = 0;
    if (mark) {
        Reader in(*mark);
        own_mark = in.i64();
    }
    const auto own_before = own_mark;
    {
        SATCHEL_TRY(auto own,
                    db.statement("SELECT own_no, case_no, body FROM own WHERE own_no > ? AND state < 4 "
                                 "AND length(body) > 0 ORDER BY own_no"));
        own.bind(1, own_mark);
        for (;;) {
            SATCHEL_TRY(const bool more, own.step());
            if (!more)
                break;
            own_mark = own.int64(0);
            SATCHEL_TRY(const auto sealed, unpack_changeset(own.blob(2)));
            SATCHEL_TRY(const auto opened, sync::open(sealed));
            name_records(opened, changed[own.int64(1)]);
        }
    }
    for (const auto& [case_no, records] : changed)
        for (const auto& record : records) {
            SATCHEL_TRYV(index_record(impl, case_no, record));
            anything = true;
        }
    for (const auto& [case_no, entries] : indexed) {
        SATCHEL_TRYV(db.run("UPDATE cases SET indexed_entries = ? WHERE case_no = ?", entries, case_no));
        anything = true;
    }
    if (own_mark != own_before) {
        Bytes bytes;
        Writer out(bytes);
        out.i64(own_mark);
        SATCHEL_TRYV(impl.put_meta("indexed_own", bytes));
        anything = true;
    }
    return anything ? transaction.commit() : Result<void>{};
}

Result<std::vector<SearchHit>> DeviceStore::search(std::string_view words, std::size_t limit)
{
    if (!schema::is_clean_text(words) || words.size() > 1024)
        return fail(Errc::invalid_argument, "search words are plain text of at most 1,024 bytes");
    const auto query_text = expression(words);
    if (query_text.empty())
        return fail(Errc::invalid_argument, "there is nothing to search for");
    SATCHEL_TRYV(index_new_work());
    SATCHEL_TRY(
        auto query,
        impl_->db.statement("SELECT c.case_id, d.record_id, snippet(search, 0, '', '', '…', 12), c.case_no "
                            "FROM search JOIN documents d ON d.doc_no = search.rowid "
                            "JOIN cases c USING(case_no) WHERE search MATCH ? AND c.locked = 0 "
                            "ORDER BY rank LIMIT ?"));
    query.bind_all(query_text, limit);
    std::vector<SearchHit> out;
    for (;;) {
        SATCHEL_TRY(const bool more, query.step());
        if (!more)
            return out;
        SearchHit hit;
        hit.case_id = query.id<CaseId>(0);
        hit.record = query.id<RecordId>(1);
        hit.excerpt = query.text(2);
        SATCHEL_TRY(const auto record, impl_->record(query.int64(3), hit.record, /*overlay=*/true));
        if (record)
            hit.type = record->type;
        out.push_back(std::move(hit));
    }
}

} // namespace satchel::client
