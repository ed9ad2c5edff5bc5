#include "sync/console/terminal.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <numeric>

#include <sys/ioctl.h>
#include <unistd.h>

#include "sync/console/utf8.hpp"

namespace satchel::console {
namespace {

constexpr std::size_t narrowest = 8;  // of a column: below this, words fall into letters

bool write_all(int fd, std::string_view text)
{
    while (!text.empty()) {
        const auto n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

// Takes columns away from the widest until the table fits, or all are narrow.
void shrink(std::vector<std::size_t>& widths, std::size_t room)
{
    while (std::accumulate(widths.begin(), widths.end(), std::size_t{0}) > room) {
        const auto widest = std::max_element(widths.begin(), widths.end());
        if (*widest <= narrowest)
            return;
        --*widest;
    }
}

std::string scalar(const Json& value)
{
    if (value.is_null())
        return "-";
    if (value.is_bool())
        return value.boolean() ? "yes" : "no";
    if (value.is_text())
        return printable(value.text(), /*lines=*/true);
    return to_text(value);
}

std::string inline_words(const Json& value)
{
    std::string out;
    if (value.is_array()) {
        for (const auto& item : value.items())
            out += (out.empty() ? "" : ", ") + inline_words(item);
        return out.empty() ? "none" : out;
    }
    if (value.is_object()) {
        for (const auto& [key, member] : value.members())
            out += (out.empty() ? "" : "; ") + printable(key) + ": " + inline_words(member);
        return out.empty() ? "none" : out;
    }
    return scalar(value);
}

bool is_list_of_objects(const Json& value)
{
    return value.is_array() && !value.items().empty() &&
           std::all_of(value.items().begin(), value.items().end(), [](const Json& i) { return i.is_object(); });
}

Table table_of(const Json& list)
{
    Table table;
    std::vector<std::string> keys;
    for (const auto& item : list.items())
        for (const auto& [key, value] : item.members())
            if (std::find(keys.begin(), keys.end(), key) == keys.end())
                keys.push_back(key);
    for (const auto& key : keys)
        table.headings.push_back(in_words(key));
    for (const auto& item : list.items()) {
        auto& row = table.rows.emplace_back();
        for (const auto& key : keys)
            row.push_back(inline_words(item.at(key)));
    }
    return table;
}

}  // namespace

Terminal terminal_of(int fd)
{
    if (::isatty(fd) != 1)
        return {};
    Terminal out{80, false};
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        out.width = size.ws_col;
    const char* term = std::getenv("TERM");
    const char* no_colour = std::getenv("NO_COLOR");
    out.colour = term && std::string_view(term) != "dumb" && !(no_colour && *no_colour);
    return out;
}

std::string in_words(std::string_view snake_case)
{
    std::string out(snake_case);
    std::replace(out.begin(), out.end(), '_', ' ');
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
        out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out;
}

std::string to_text(const Table& table, const Terminal& terminal)
{
    constexpr std::size_t gap = 2;
    std::vector<std::vector<std::string>> rows{table.headings};
    rows.insert(rows.end(), table.rows.begin(), table.rows.end());
    std::vector<std::size_t> widths(table.headings.size(), 0);
    for (auto& row : rows) {
        row.resize(widths.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            row[i] = printable(row[i], /*lines=*/true);
            if (terminal.width == 0)  // one row, one line: for grep and friends
                std::replace(row[i].begin(), row[i].end(), '\n', ' ');
            std::replace(row[i].begin(), row[i].end(), '\t', ' ');
            widths[i] = std::max(widths[i], columns(row[i]));
        }
    }
    if (terminal.width != 0) {
        const auto gaps = gap * (widths.empty() ? 0 : widths.size() - 1);
        shrink(widths, terminal.width > gaps ? terminal.width - gaps : 1);
    }
    std::string out;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        std::vector<std::vector<std::string>> cells;
        std::size_t height = 1;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            cells.push_back(terminal.width != 0 ? wrapped(rows[r][i], std::max<std::size_t>(widths[i], 1))
                                                : std::vector{rows[r][i]});
            height = std::max(height, cells.back().size());
        }
        for (std::size_t line = 0; line < height; ++line) {
            std::string text;
            std::size_t owed = 0;  // spaces that only a further cell makes necessary
            for (std::size_t i = 0; i < cells.size(); ++i) {
                const auto& cell = line < cells[i].size() ? cells[i][line] : std::string();
                if (!cell.empty()) {
                    text += std::string(owed, ' ') + cell;
                    owed = 0;
                }
                owed += widths[i] - std::min(widths[i], columns(cell)) + gap;
            }
            if (r == 0 && terminal.colour)
                text = "\x1b[1m" + text + "\x1b[0m";
            out += text + "\n";
        }
    }
    return out;
}

std::string describe(const Json& body, const Terminal& terminal)
{
    std::string out;
    for (const auto& [key, value] : body.members()) {
        if (key == "v" || key == "ok")
            continue;
        const auto heading = in_words(printable(key));
        if (is_list_of_objects(value)) {
            out += (out.empty() ? "" : "\n") + heading + ":\n" + to_text(table_of(value), terminal);
        } else if (value.is_object() && !value.members().empty()) {
            out += heading + ":\n";
            for (const auto& [name, member] : value.members())
                out += "  " + in_words(printable(name)) + ": " + inline_words(member) + "\n";
        } else {
            out += heading + ": " + inline_words(value) + "\n";
        }
    }
    return out.empty() ? "Done.\n" : out;
}

// Progress of this process, drawn or written to standard error.
struct Output::Bar final : Progress {
    using Steady = std::chrono::steady_clock;

    Bar(Output& to, bool json, Terminal terminal) : output(to), as_json(json), err(terminal) {}

    void report(std::string_view phase, std::uint64_t done, std::uint64_t total) override
    {
        if (!as_json && err.width == 0)
            return;
        std::lock_guard guard(mutex);
        const auto now = Steady::now();
        const bool other = phase != shown_phase;
        const bool ends = total != 0 && done >= total;
        if (!other && !ends && now - shown_at < std::chrono::milliseconds(100))
            return;
        if (!other && done == shown_done)
            return;
        if (other && !as_json)
            clear();
        shown_phase = phase;
        shown_at = now;
        shown_done = done;
        if (as_json) {
            Json event =
                Json::object({{"v", 1}, {"ok", true}, {"event", "progress"}, {"phase", phase}, {"done", done}});
            if (total != 0)
                event["total"] = total;
            output.write(2, to_text(event) + "\n");
            return;
        }
        draw(done, total);
    }

    void draw(std::uint64_t done, std::uint64_t total)
    {
        std::string line = in_words(shown_phase) + "  ";
        if (total == 0) {
            line += std::to_string(done);
        } else {
            const auto part = std::min(done, total);
            const auto filled = static_cast<std::size_t>(part * 30 / total);
            line += "[" + std::string(filled, '#') + std::string(30 - filled, '-') + "] " +
                    std::to_string(part * 100 / total) + " %";
        }
        const auto width = columns(line);
        if (width < err.width)
            output.write(2, "\r" + line + std::string(drawn > width ? drawn - width : 0, ' '));
        drawn = width;
    }

    void clear()
    {
        if (drawn != 0)
            output.write(2, "\n");
        drawn = 0;
    }

    Output& output;
    bool as_json;
    Terminal err;
    std::mutex mutex;
    std::string shown_phase;
    Steady::time_point shown_at{};
    std::uint64_t shown_done = 0;
    std::size_t drawn = 0;
};

Output::Output(bool json, Side side)
    : json_(json), side_(side), out_(terminal_of(1)), err_(terminal_of(2)),
      bar_(std::make_unique<Bar>(*this, json, err_))
{
}

Output::~Output() = default;

Progress& Output::progress() noexcept
{
    return *bar_;
}

void Output::write(int fd, std::string_view text)
{
    if (!write_all(fd, text) && fd == 1)
        failed_ = true;
}

void Output::event(const Json& body, PlainText plain)
{
    if (json_)
        write(1, to_text(to_json(Answer{body, Exit::ok, true})) + "\n");
    else
        write(1, plain(body, out_));
}

void Output::raw_line(std::string_view line)
{
    write(1, std::string(line) + "\n");
}

void Output::warn(const Error& error)
{
    const auto words = words_for(error, side_);
    if (json_) {
        auto event = to_json(words);
        event["event"] = "problem";
        write(2, to_text(event) + "\n");
    } else {
        write(2, printable(words.message, /*lines=*/true) + "\n");
    }
}

void Output::note(const Json& event)
{
    write(2, (json_ ? to_text(to_json(Answer{event, Exit::ok, true})) : inline_words(event)) + "\n");
}

int Output::finish(const Result<Answer>& answer, PlainText plain)
{
    if (!answer)
        return finish(words_for(answer.error(), side_));
    {
        std::lock_guard guard(bar_->mutex);
        bar_->clear();
    }
    if (!answer->body.is_null()) {
        if (json_)
            write(1, to_text(to_json(*answer)) + "\n");
        else
            write(1, plain(answer->body, out_));
    }
    if (failed_)
        return static_cast<int>(graver(answer->exit, Exit::failure));
    return static_cast<int>(answer->exit);
}

int Output::finish(const ErrorWords& words)
{
    {
        std::lock_guard guard(bar_->mutex);
        bar_->clear();
    }
    if (json_) {
        write(1, to_text(to_json(words)) + "\n");
    } else {
        const auto message = printable(words.message, /*lines=*/true);
        write(2, (err_.colour ? "\x1b[1;31m" + message + "\x1b[0m" : message) + "\n" + "What is safe:  " +
                     printable(words.safe) + "\n" + "What to do:    " + printable(words.next, /*lines=*/true) + "\n");
    }
    return static_cast<int>(words.exit);
}

}  // namespace satchel::console
