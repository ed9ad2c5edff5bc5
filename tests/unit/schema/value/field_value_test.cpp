#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schema/value/identifiers.hpp"

using namespace satchel;
using namespace satchel::schema;

namespace {

Field field(FieldType type, std::vector<std::string> choices = {})
{
    Field out;
    out.name = "it";
    out.type = type;
    out.choices = std::move(choices);
    return out;
}

std::string refusal(const Field& f, std::string_view typed)
{
    const auto value = parse_field_value(f, typed);
    return value ? "accepted: " + to_text(*value) : value.error().detail;
}

Value parsed(const Field& f, std::string_view typed)
{
    const auto value = parse_field_value(f, typed);
    if (!value) {
        ADD_FAILURE() << typed << ": " << value.error().detail;
        return Null{};
    }
    return *value;
}

}  // namespace

TEST(FieldValue, WhatDoesNotFitIsRefusedWithTheRule)
{
    EXPECT_EQ(refusal(field(FieldType::date), "asap"), "it: it is a date, as in 2026-03-27 or 27/3/2026");
    EXPECT_EQ(refusal(field(FieldType::date), "2026-02-30"), "it: it is a date, as in 2026-03-27 or 27/3/2026");
    EXPECT_EQ(refusal(field(FieldType::date), "31/2/2026"), "it: it is a date, as in 2026-03-27 or 27/3/2026");
    EXPECT_EQ(refusal(field(FieldType::boolean), "maybe"), "it: it is yes or no");
    EXPECT_EQ(refusal(field(FieldType::integer), "12x"), "it: it is a whole number");
    EXPECT_EQ(refusal(field(FieldType::integer), "99999999999999999999"), "it: it is a whole number");
    EXPECT_EQ(refusal(field(FieldType::decimal), "1.1234567"), "it: it is a number with at most six decimal places");
    EXPECT_EQ(refusal(field(FieldType::decimal), "1."), "it: it is a number with at most six decimal places");
    EXPECT_EQ(refusal(field(FieldType::ref), "not-an-id"), "it: it is the id of a record: 26 letters and digits");
    EXPECT_EQ(refusal(field(FieldType::instant), "yesterday"), "it: it is a time, as in 2026-03-27T16:30:00Z");
    EXPECT_EQ(refusal(field(FieldType::choice, {"complied", "breached", "not_checked"}), "breeched"),
              "it: it is one of: complied, breached, not_checked; did you mean \"breached\"?");
}

TEST(FieldValue, TextThatIsTooLongOrUncleanIsRefused)
{
    EXPECT_EQ(refusal(field(FieldType::text), std::string(line_bytes_max + 1, 'a')),
              "it: it is longer than 4096 bytes");
    EXPECT_EQ(refusal(field(FieldType::note), std::string(text_bytes_max + 1, 'a')),
              "it: it is longer than 32768 bytes");
    EXPECT_EQ(refusal(field(FieldType::note), "bell \a"), "it: it holds control characters or is not UTF-8");
    EXPECT_EQ(refusal(field(FieldType::pnc), "\xff\xfe"), "it: it holds control characters or is not UTF-8");
    EXPECT_TRUE(parse_field_value(field(FieldType::note), std::string(text_bytes_max, 'a')).has_value());
}

TEST(FieldValue, AWrongIdentifierIsAcceptedAndFlagged)
{
    const auto pnc = field(FieldType::pnc);
    const auto value = parsed(pnc, "2001/0171310S");
    EXPECT_EQ(to_text(value), "2001/0171310S");
    EXPECT_FALSE(value_problem(pnc, value).has_value());
    EXPECT_EQ(value_warning(pnc, value), "the check letter should be W");
    EXPECT_FALSE(value_warning(pnc, parsed(pnc, "02/73319Z")).has_value());
}

TEST(FieldValue, EachTypeTakesWhatPeopleType)
{
    EXPECT_EQ(parsed(field(FieldType::date), "27/3/2026"), Value{*parse_date("2026-03-27")});
    EXPECT_EQ(parsed(field(FieldType::date), " 2026-03-27 "), Value{*parse_date("2026-03-27")});
    EXPECT_EQ(parsed(field(FieldType::boolean), "Yes"), Value{true});
    EXPECT_EQ(parsed(field(FieldType::boolean), "no"), Value{false});
    EXPECT_EQ(parsed(field(FieldType::integer), "-7"), Value{std::int64_t{-7}});
    EXPECT_EQ(parsed(field(FieldType::decimal), "-0.5"), Value{Decimal{-500'000}});
    EXPECT_EQ(parsed(field(FieldType::decimal), "51.507351"), Value{Decimal{51'507'351}});
    EXPECT_EQ(parsed(field(FieldType::choice, {"high"}), "HIGH"), Value{std::string("high")});
    EXPECT_EQ(parsed(field(FieldType::postcode), "zz11zz"), Value{std::string("ZZ1 1ZZ")});
    EXPECT_EQ(parsed(field(FieldType::text), "Zoë Ångström 林"), Value{std::string("Zoë Ångström 林")});
    const RecordId id{{1, 2, 3}};
    EXPECT_EQ(parsed(field(FieldType::ref), to_string(id)), Value{Ref{id}});
    const VersionId version{{4, 5, 6}};
    EXPECT_EQ(parsed(field(FieldType::version), to_string(version)), Value{VersionRef{version}});
}

TEST(FieldValue, NothingTypedClearsTheValue)
{
    for (const auto type : {FieldType::text, FieldType::date, FieldType::choice, FieldType::pnc, FieldType::ref})
        EXPECT_EQ(parsed(field(type, {}), " "), Value{Null{}});
}

TEST(FieldValue, AValueOfAnotherTypeMayNotStand)
{
    EXPECT_TRUE(value_problem(field(FieldType::date), Value{std::string("2026-03-27")}).has_value());
    EXPECT_TRUE(value_problem(field(FieldType::boolean), Value{std::string("yes")}).has_value());
    EXPECT_TRUE(value_problem(field(FieldType::ref), Value{VersionRef{}}).has_value());
    EXPECT_TRUE(value_problem(field(FieldType::version), Value{Ref{}}).has_value());
    EXPECT_TRUE(value_problem(field(FieldType::text), Value{true}).has_value());
    EXPECT_TRUE(value_problem(field(FieldType::choice, {"a"}), Value{std::string("b")}).has_value());
    EXPECT_TRUE(value_problem(field(FieldType::decimal), Value{std::int64_t{1}}).has_value());
    EXPECT_FALSE(value_problem(field(FieldType::date), Value{Null{}}).has_value());
    EXPECT_FALSE(value_problem(field(FieldType::date), Value{Opaque{40, {1}}}).has_value()) << "a newer schema's";
}

// Whatever somebody types, what is accepted may stand: the device never saves what the hub would find inadmissible.
RC_GTEST_PROP(FieldValue, WhatParsesIsAdmissible, (const std::string& typed))
{
    for (int t = 0; t <= static_cast<int>(FieldType::identifier); ++t) {
        auto f = field(static_cast<FieldType>(t));
        if (f.type == FieldType::choice || f.type == FieldType::agency || f.type == FieldType::role)
            f.choices = {"open", "closed"};
        const auto value = parse_field_value(f, typed);
        RC_ASSERT(!value || !value_problem(f, *value));
    }
}
