#include "sync/console/json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include <boost/json/basic_parser_impl.hpp>

#include "sync/console/utf8.hpp"

namespace satchel::console {
namespace {

// Builds a Json from the parser's events, and refuses a key given twice.
struct Builder {
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    using Code = boost::system::error_code;

    std::vector<Json> open;         // containers under construction, outermost first
    std::vector<std::string> keys;  // of the open objects: the one whose value comes next
    std::vector<std::unordered_set<std::string>> known;  // all of each, as a search through the members would be quadratic
    std::string text;
    Json whole;
    bool repeated = false;

    bool put(Json value, Code& ec)
    {
        if (open.empty()) {
            whole = std::move(value);
            return true;
        }
        if (open.back().is_array()) {
            open.back().push(std::move(value));
            return true;
        }
        if (!known.back().insert(keys.back()).second) {
            repeated = true;
            ec = make_error_code(boost::json::error::syntax);
            return false;
        }
        open.back().add({std::move(keys.back()), std::move(value)});
        return true;
    }

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&)
    {
        open.push_back(Json::object());
        keys.emplace_back();
        known.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t, Code& ec)
    {
        keys.pop_back();
        known.pop_back();
        return close(ec);
    }
    bool on_array_begin(Code&)
    {
        open.push_back(Json::array());
        return true;
    }
    bool on_array_end(std::size_t, Code& ec) { return close(ec); }
    bool close(Code& ec)
    {
        Json done = std::move(open.back());
        open.pop_back();
        return put(std::move(done), ec);
    }
    bool on_key_part(boost::json::string_view part, std::size_t, Code&)
    {
        text.append(part.data(), part.size());
        return true;
    }
    bool on_key(boost::json::string_view part, std::size_t, Code&)
    {
        keys.back() = std::move(text.append(part.data(), part.size()));
        text.clear();
        return true;
    }
    bool on_string_part(boost::json::string_view part, std::size_t, Code&)
    {
        text.append(part.data(), part.size());
        return true;
    }
    bool on_string(boost::json::string_view part, std::size_t, Code& ec)
    {
        Json value(std::move(text.append(part.data(), part.size())));
        text.clear();
        return put(std::move(value), ec);
    }
    bool on_number_part(boost::json::string_view, Code&) { return true; }
    bool on_int64(std::int64_t v, boost::json::string_view, Code& ec) { return put(v, ec); }
    bool on_uint64(std::uint64_t v, boost::json::string_view, Code& ec) { return put(static_cast<double>(v), ec); }
    bool on_double(double v, boost::json::string_view, Code& ec)
    {
        return put(v == 0 ? 0.0 : v, ec);  // minus zero would be written as -0, which is read as the integer 0
    }
    bool on_bool(bool v, Code& ec) { return put(v, ec); }
    bool on_null(Code& ec) { return put(nullptr, ec); }
    bool on_comment_part(boost::json::string_view, Code&) { return true; }
    bool on_comment(boost::json::string_view, Code&) { return true; }
};

void write_text(std::string& out, std::string_view text)
{
    constexpr std::string_view hex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += hex[byte >> 4];
            out += hex[byte & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

void write(std::string& out, const Json& json)
{
    if (json.is_bool()) {
        out += json.boolean() ? "true" : "false";
    } else if (json.is_integer()) {
        out += std::to_string(json.integer());
    } else if (json.is_double()) {
        std::array<char, 32> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), json.number()).ptr;
        if (std::isfinite(json.number()))
            out.append(digits.data(), end);
        else
            out += "null";  // JSON has no word for it
    } else if (json.is_text()) {
        write_text(out, valid_utf8(json.text()));
    } else if (json.is_array()) {
        out += '[';
        bool first = true;
        for (const auto& item : json.items()) {
            if (!std::exchange(first, false))
                out += ',';
            write(out, item);
        }
        out += ']';
    } else if (json.is_object()) {
        out += '{';
        bool first = true;
        for (const auto& [key, value] : json.members()) {
            if (!std::exchange(first, false))
                out += ',';
            write_text(out, valid_utf8(key));
            out += ':';
            write(out, value);
        }
        out += '}';
    } else {
        out += "null";
    }
}

}  // namespace

Json Json::object(std::initializer_list<Member> members)
{
    Json out;
    out.value_ = Object(members);
    return out;
}

bool Json::boolean() const noexcept
{
    const auto* v = std::get_if<bool>(&value_);
    return v && *v;
}

std::int64_t Json::integer() const noexcept
{
    const auto* v = std::get_if<std::int64_t>(&value_);
    return v ? *v : 0;
}

double Json::number() const noexcept
{
    const auto* v = std::get_if<double>(&value_);
    return v ? *v : static_cast<double>(integer());
}

const std::string& Json::text() const noexcept
{
    static const std::string none;
    const auto* v = std::get_if<std::string>(&value_);
    return v ? *v : none;
}

const Json::Array& Json::items() const noexcept
{
    static const Array none;
    const auto* v = std::get_if<Array>(&value_);
    return v ? *v : none;
}

const Json::Object& Json::members() const noexcept
{
    static const Object none;
    const auto* v = std::get_if<Object>(&value_);
    return v ? *v : none;
}

const Json* Json::find(std::string_view key) const noexcept
{
    for (const auto& [name, value] : members())
        if (name == key)
            return &value;
    return nullptr;
}

const Json& Json::at(std::string_view key) const noexcept
{
    static const Json none;
    const auto* found = find(key);
    return found ? *found : none;
}

Json& Json::operator[](std::string_view key)
{
    if (is_null())
        value_ = Object{};
    SATCHEL_CHECK(is_object());
    auto& all = std::get<Object>(value_);
    for (auto& [name, value] : all)
        if (name == key)
            return value;
    return all.emplace_back(std::string(key), Json()).second;
}

void Json::add(Member member)
{
    if (is_null())
        value_ = Object{};
    SATCHEL_CHECK(is_object());
    std::get<Object>(value_).push_back(std::move(member));
}

void Json::push(Json item)
{
    if (is_null())
        value_ = Array{};
    SATCHEL_CHECK(is_array());
    std::get<Array>(value_).push_back(std::move(item));
}

std::string to_text(const Json& json)
{
    std::string out;
    write(out, json);
    return out;
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits)
{
    if (text.size() > limits.bytes)
        return fail(Errc::too_large, "JSON of more than " + std::to_string(limits.bytes) + " bytes");
    boost::json::parse_options options;
    options.max_depth = limits.depth;
    options.numbers = boost::json::number_precision::precise;  // otherwise 6e86 is another number, and again another when read back
    boost::json::basic_parser<Builder> parser(options);
    boost::system::error_code ec;
    auto used = parser.write_some(/*more=*/false, text.data(), text.size(), ec);
    if (!ec && text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
        ec = make_error_code(boost::json::error::extra_data);
    if (ec) {
        const auto reason = parser.handler().repeated              ? std::string("a key is given twice")
                            : ec == boost::json::error::incomplete ? std::string("it ends too early")
                            : ec == boost::json::error::too_deep   ? std::string("nested too deeply")
                            : ec == boost::json::error::extra_data ? std::string("something follows its end")
                                                                   : ec.message();
        return fail(Errc::malformed, "not JSON: column " + std::to_string(used + 1) + ": " + reason);
    }
    return std::move(parser.handler().whole);
}

}  // namespace satchel::console
