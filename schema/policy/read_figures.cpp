// Reads what a bundle counts: [figures], [[kpi]], [[annual_return]], [[caseload_list]].
#include "schema/policy/reading.hpp"

namespace satchel::schema::declaration {
namespace {

// One match, or a list of them.
std::vector<Match> read_matches(Reading& in, const char* key)
{
    std::vector<Match> out;
    const auto* found = in.node(key);
    if (found && found->is_array())
        in.each(key, [&](Reading& one) { out.push_back(match_in(one)); });
    else if (found)
        out.push_back(read_match(in, key));
    return out;
}

Witness read_witness(Reading& in)
{
    Witness out;
    out.at = in.at();
    out.only_if = read_match(in, "if");
    out.type = in.word("record");
    out.of = in.word("of");
    out.same = read_pairs(in, "same");
    out.when = read_matches(in, "when");
    out.date = in.word("date");
    out.within = in.word("within");
    out.since = in.word("since");
    return out;
}

Figure read_figure(Reading& in)
{
    Figure out;
    out.at = in.at();
    out.id = in.needed("id");
    out.title = in.needed("title");
    out.counts = in.needed("counts");
    out.about = in.word("about");
    out.on = in.word("on");
    out.when = read_match(in, "when");
    out.unless = read_matches(in, "unless");
    out.under_age = in.number("under_age");
    out.by = in.words("by");
    in.each("met", [&](Reading& met) { out.met.push_back(read_witness(met)); });
    out.every = in.word("every");
    out.unit = in.word("unit");
    out.still = read_match(in, "still");
    out.target = in.number("target");
    out.withhold_below = in.number("withhold_below");
    out.never = read_matches(in, "never");
    out.reading = in.word("reading");
    out.why = in.word("why");
    out.refs = in.words("refs");
    return out;
}

ReturnEdition read_edition(Reading& in)
{
    ReturnEdition out;
    out.at = in.at();
    out.id = in.needed("id");
    out.title = in.needed("title");
    out.signed_off_by = in.needed("signed_off_by");
    out.early = in.words("early");
    in.each("years", [&](Reading& year) { out.years.push_back({year.needed("ends"), year.needed("published")}); });
    out.refs = in.words("refs");
    in.each("line", [&](Reading& line) { out.lines.push_back(read_figure(line)); });
    return out;
}

}  // namespace

void read_figures(Reading& file, Bundle& bundle)
{
    auto& out = bundle.figures;
    file.table("figures", [&](Reading& in) {
        if (out.at.line != 0)
            in.context().problems.add(in.at(), "[figures] is declared in another file already");
        out.at = in.at();
        out.area = in.needed("area");
        out.portal = in.word("portal");
        out.no_case = read_match(in, "no_case");
        out.born = in.word("born");
        out.age_bands = in.numbers("age_bands");
        out.held_bands = in.numbers("held_bands");
        out.since = read_pairs(in, "since");
        out.undecided = read_pairs(in, "undecided");
        out.show = in.words("show");
        in.table("same_person", [&](Reading& same) {
            out.same_record = same.needed("record");
            out.same_scheme = same.needed("scheme");
            out.same_schemes = same.words("schemes");
            out.same_value = same.needed("value");
        });
        out.free_days = in.words("free_days");
        out.refs = in.words("refs");
    });
    file.each("kpi", [&](Reading& in) { out.kpis.push_back(read_figure(in)); });
    file.each("caseload_list", [&](Reading& in) { out.lists.push_back(read_figure(in)); });
    file.each("annual_return", [&](Reading& in) { out.returns.push_back(read_edition(in)); });
}

}  // namespace satchel::schema::declaration
