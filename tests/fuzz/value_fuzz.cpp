// What somebody types for a field, of every type that the agreement has: what is taken may stand, and read back as
// people see it, it is the same again. Two bytes choose the field.
#include "schema/policy/embedded.hpp"
#include "schema/value/identifiers.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace satchel::fuzz {
namespace {

// One field of each type and length of choices: what else differs between fields is not read here.
const std::vector<schema::Field>& fields()
{
    static const auto all = [] {
        const auto policy = schema::compile_or_fail(schema::embedded_bundle());
        promise(policy.has_value(), "the embedded agreement compiles");
        std::vector<schema::Field> out;
        for (const auto& type : policy->types)
            for (const auto& group : type.groups)
                for (const auto& field : group.fields)
                    out.push_back(field);
        return out;
    }();
    return all;
}

// An exact decimal is shown with all its places, and an id without what it is the id of: both read back as they are.
void try_field(const schema::Field& field, std::string_view typed)
{
    const auto value = schema::parse_field_value(field, typed);
    if (!value)
        return;
    promise(!schema::value_problem(field, *value), "a value that was taken may stand");
    (void)schema::value_warning(field, *value);
    const auto shown = schema::to_text(*value);
    const auto again = schema::parse_field_value(field, shown);
    promise(again && *again == *value, "a value that is shown can be typed");

    Bytes bytes;
    Writer out(bytes);
    schema::encode(out, *value);
    Reader in(bytes);
    promise(schema::decode_value(in) == *value && in.at_end(), "a value that was taken can be sent");
}

}  // namespace

void run(ByteView input)
{
    const auto high = choice(input, 256);
    const auto low = choice(input, 256);
    const auto& all = fields();
    try_field(all[(high * 256 + low) % all.size()], text(input));
}

}  // namespace satchel::fuzz
