// satchel-inspect: runs SQL on the encrypted store of a device or a hub, for operators and for tests of tampering.
//
// It opens the store with its own key: whoever runs it knows the passphrase and has the machine's half of the secret.
// What it prints is case data. With --write it changes rows behind the program's back, which `satchel-hub verify` is
// there to find out.
#include <array>
#include <filesystem>

#include "crypto/keyslots.hpp"
#include "crypto/vault/database.hpp"
#include "sync/console/program.hpp"
#include "sync/console/turn.hpp"
#include "sync/console/utf8.hpp"

namespace satchel::tools::inspector {
namespace {

using console::Answer;
using console::Json;

constexpr std::size_t sql_bytes_max = 1u << 20;
constexpr std::array<std::string_view, 2> store_names{"hub.db", "device.db"};

const console::ProgramSpec& program()
{
    static const console::ProgramSpec made = [] {
        console::ProgramSpec out;
        out.name = "satchel-inspect";
        out.summary =
            "Runs one SQL statement on the encrypted store of a hub or a device. Prints case data: mind who looks on.";
        out.example = "satchel-inspect hub --sql 'SELECT count(*) AS entries FROM entries'";
        out.commands = {
            {"",
             out.summary,
             out.example,
             {{"DIR", "", "the folder of the hub or the profile", true, false, true},
              {"--sql", "TEXT", "the statement; - reads it from standard input", true},
              {"--write", "", "lets the statement change the store"},
              {"--passphrase-fd", "N", "read the passphrase from this descriptor instead of asking"}},
             "Blobs are printed in hexadecimal, and written in SQL as x'…'. Stop `serve` first: it holds the store."}};
        return out;
    }();
    return made;
}

Json value_of(const crypto::Statement& row, int column)
{
    switch (row.column_type(column)) {
    case crypto::ColumnType::integer:
        return row.int64(column);
    case crypto::ColumnType::text:
    case crypto::ColumnType::real:  // the stores have none; SQL expressions may
        return std::string(row.text(column));
    case crypto::ColumnType::blob:
        return to_hex(row.blob(column));
    case crypto::ColumnType::null:
        break;
    }
    return nullptr;
}

Result<Json> rows_of(crypto::Database& database, std::string_view sql)
{
    SATCHEL_TRY(auto statement, database.prepare_trusted(sql));
    auto rows = Json::array();
    for (;;) {
        SATCHEL_TRY(const bool row, statement.step());
        if (!row)
            return rows;
        auto one = Json::object();
        for (int i = 0; i < statement.column_count(); ++i)
            one[statement.column_name(i)] = value_of(statement, i);
        rows.push(std::move(one));
    }
}

Result<std::string> store_in(const std::string& folder)
{
    for (const auto name : store_names) {
        const auto path = folder + "/" + std::string(name);
        if (std::error_code failed; std::filesystem::is_regular_file(path, failed))
            return path;
    }
    return fail(Errc::io_error, "there is no store in " + folder);
}

Result<Answer> run(console::Call& call)
{
    const auto& in = call.invocation;
    const auto folder = in.one("dir").value_or("");
    SATCHEL_TRY(const auto sql, call.input.argument(in.one("sql").value_or(""), sql_bytes_max));
    SATCHEL_TRY(const auto path, store_in(folder));
    console::PassphraseSource source;
    if (const auto fd = in.one("passphrase-fd")) {
        SATCHEL_TRY(source.fd, console::parse_fd(*fd));
    }
    SATCHEL_TRY(const auto turn, console::take_turn(folder));
    SATCHEL_TRY(const auto passphrase, console::read_passphrase(source, "Passphrase of the store"));

    crypto::PosixFiles files;
    crypto::FileDeviceSecret device(files, folder + "/device.secret");
    crypto::KeySlots slots(files, device, folder);
    SATCHEL_TRY(const auto key, slots.unlock(passphrase));
    crypto::OpenOptions options;
    const bool write = in.has("write");
    options.mode = write ? crypto::OpenMode::writer_exclusive : crypto::OpenMode::reader;
    SATCHEL_TRY(auto database, crypto::Database::open(path, key, options));

    Answer answer;
    auto rows = rows_of(database, sql);
    if (!rows)  // for the store's own programs a wrong statement is a bug; here somebody typed it
        return fail(rows.error().code == Errc::bug ? Errc::invalid_argument : rows.error().code, rows.error().detail);
    answer.body["rows"] = *std::move(rows);
    if (write)
        answer.body["changed"] = database.changes();
    return answer;
}

}  // namespace
}  // namespace satchel::tools::inspector

int main(int argc, char** argv)
{
    return satchel::console::run_program(satchel::tools::inspector::program(), satchel::console::Side::tool, argc, argv,
                                         satchel::tools::inspector::run);
}
