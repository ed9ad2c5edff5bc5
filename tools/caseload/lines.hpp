// The lines of a hub import: NDJSON, one case or record a line.
#pragma once

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "schema/base/time.hpp"

namespace satchel::tools::caseload {

// Field name and value, as a person would type it: "2024-05-01", "yes", "@r3" for an earlier record of the case.
using Fields = std::vector<std::pair<std::string, std::string>>;

struct CaseLine {
    std::string key;
    std::string area;
};

struct RecordLine {
    std::string key;  // unique inside the case
    std::string type;
    std::string agency;
    std::string role;    // "probation.practitioner"
    std::string author;  // the attested author: data, not a user
    Instant event_at;
    Fields fields;
    std::vector<std::pair<std::string, std::vector<Fields>>> elements;  // of the sets, by group name
};

// Receives the caseload line by line, in order: a case, then its records, then the next case.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void add(const CaseLine& line) = 0;
    virtual void add(const CaseLine& of, const RecordLine& line) = 0;
};

// Writes one JSON object a line, UTF-8, keys in a fixed order. The caller watches the stream for errors.
class JsonLines final : public Sink {
public:
    explicit JsonLines(std::ostream& out) : out_(out) {}
    void add(const CaseLine& line) override;
    void add(const CaseLine& of, const RecordLine& line) override;

private:
    std::ostream& out_;
    std::string buffer_;
};

}  // namespace satchel::tools::caseload
