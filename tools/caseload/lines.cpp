#include "tools/caseload/lines.hpp"

#include <ostream>
#include <string_view>

namespace satchel::tools::caseload {
namespace {

void quoted(std::string& out, std::string_view text)
{
    constexpr std::string_view hex = "0123456789abcdef";
    out.push_back('"');
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20) {
            out += "\\u00";
            out.push_back(hex[byte >> 4]);
            out.push_back(hex[byte & 15]);
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

void member(std::string& out, std::string_view name, std::string_view text)
{
    out.push_back(',');
    quoted(out, name);
    out.push_back(':');
    quoted(out, text);
}

void object(std::string& out, const Fields& fields)
{
    out.push_back('{');
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0)
            out.push_back(',');
        quoted(out, fields[i].first);
        out.push_back(':');
        quoted(out, fields[i].second);
    }
    out.push_back('}');
}

}  // namespace

void JsonLines::add(const CaseLine& line)
{
    buffer_ = "{\"v\":1,\"kind\":\"case\"";
    member(buffer_, "key", line.key);
    member(buffer_, "area", line.area);
    buffer_ += "}\n";
    out_ << buffer_;
}

void JsonLines::add(const CaseLine& of, const RecordLine& line)
{
    buffer_ = "{\"v\":1,\"kind\":\"record\"";
    member(buffer_, "case", of.key);
    member(buffer_, "key", line.key);
    member(buffer_, "type", line.type);
    member(buffer_, "agency", line.agency);
    member(buffer_, "role", line.role);
    member(buffer_, "author", line.author);
    member(buffer_, "event_at", to_string(line.event_at));
    buffer_ += ",\"fields\":";
    object(buffer_, line.fields);
    if (!line.elements.empty()) {
        buffer_ += ",\"elements\":{";
        for (std::size_t g = 0; g < line.elements.size(); ++g) {
            if (g > 0)
                buffer_.push_back(',');
            quoted(buffer_, line.elements[g].first);
            buffer_ += ":[";
            for (std::size_t i = 0; i < line.elements[g].second.size(); ++i) {
                if (i > 0)
                    buffer_.push_back(',');
                object(buffer_, line.elements[g].second[i]);
            }
            buffer_.push_back(']');
        }
        buffer_.push_back('}');
    }
    buffer_ += "}\n";
    out_ << buffer_;
}

}  // namespace satchel::tools::caseload
