// What it costs to count over all cases, and whether others can write meanwhile.
#include <fstream>
#include <future>

#include "tests/bench/figures.hpp"

namespace satchel::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t imported_at_once = 5000;
constexpr auto two_years_from = "2024-04-01", two_years_to = "2026-03-31";

std::string member_of(const std::string& line, const std::string& name)
{
    const auto at = line.find("\"" + name + "\":\"");
    if (at == line.npos)
        return {};
    const auto begin = at + name.size() + 4;
    return line.substr(begin, line.find('"', begin) - begin);
}

// Two years of meetings with who was asked, who came and what was written: about every seven weeks at Level 3, fourteen
// at Level 2.
void write_meetings(std::ostream& out, const std::string& of, const std::string& level)
{
    const auto record = [&](const std::string& key, const std::string& type, const std::string& fields) {
        out << R"({"v":1,"kind":"record","case":")" << of << R"(","key":")" << key << R"(","type":")" << type
            << R"(","agency":"coordination","role":"coordination.coordinator","author":"Bench Placeholder","fields":{)"
            << fields << "}}\n";
    };
    const auto last = must(parse_date(two_years_to));
    int n = 0;
    for (auto day = must(parse_date(two_years_from)); day <= last; day.days += level == "3" ? 49 : 98, ++n) {
        const auto key = "meeting" + std::to_string(n);
        const auto on = to_string(day);
        record(key, "meeting",
               R"("meeting_level":")" + level + R"(","meeting_type":"review","planned_for":")" + on +
                   R"(","held_on":")" + on + R"(","meeting_status":"held")");
        for (const auto* agency : {"police", "probation", "prison", "yot", "children_services"}) {
            record(key + "i" + agency, "invitation",
                   R"("to_meeting":"@)" + key + R"(","invited_agency":")" + agency +
                       R"(","invited":"yes","sent_on":")" + on + "\"");
            record(key + "a" + agency, "attendance",
                   R"("of_meeting":"@)" + key + R"(","attendee_agency":")" + agency +
                       R"(","attended":"attended","attendee_grade":"Inspector")");
        }
        record(key + "m", "minutes",
               R"("of_meeting":"@)" + key + R"(","minutes_status":"draft","disclosure_considered":"yes")");
    }
}

// The generator's cases, with meetings for those above Level 1, taken in piece by piece.
void import_cases(Area& area, std::size_t cases)
{
    const auto made = area.folder() / "made.ndjson", piece = area.folder() / "piece.ndjson";
    area.make_caseload(made, cases, 12, {"--until", two_years_to});
    std::ifstream in(made);
    std::ofstream out(piece);
    std::string label, level;
    std::size_t begun = 0;
    const auto end_case = [&] {
        if (level == "2" || level == "3")
            write_meetings(out, label, level);
        level.clear();
    };
    const auto take_in = [&] {
        out.close();
        area.import(piece);
        out.open(piece, std::ios::trunc);
    };
    for (std::string line; std::getline(in, line);) {
        if (line.find(R"("kind":"case")") != line.npos) {
            end_case();
            if (begun++ % imported_at_once == 0 && begun > 1)
                take_in();
            label = member_of(line, "key");
        } else if (member_of(line, "type") == "level_decision") {
            level = member_of(line, "level");
        }
        out << line << '\n';
    }
    end_case();
    take_in();
}

}  // namespace

void measure_reports(const Bench& bench)
{
    Area area(bench.programs, bench.area.folder() / "counted");
    import_cases(area, bench.scale.counted);
    area.add_cases("visited", 1);
    const auto user = area.add_user("Visiting Placeholder");
    area.assign("visited0", user);
    area.start_hub();  // and its day begins: every clock of every case is looked at
    auto device = area.enrol(user, "visits");
    area.synchronise(device);
    const auto cases = std::to_string(bench.scale.counted) + " cases";
    const auto report = [&](const std::string& which, const char* from) {
        const auto begun = wall_seconds();
        area.hub({"report", which, "--from", from, "--to", two_years_to});
        return wall_seconds() - begun;
    };
    // Nobody waits for a report, nor for the day: somebody writes all the time meanwhile, at the hub and on a device.
    reset_peak(area.hub_pid());
    auto counting = std::async(std::launch::async, [&] { return report("kpi", two_years_from); });
    const auto papers = documents(1000);
    double longest = 0, longest_receipt = 0;
    for (std::size_t i = 0; counting.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready; ++i) {
        auto begun = wall_seconds();
        area.add_user("Counted Placeholder " + std::to_string(i));
        longest = std::max(longest, wall_seconds() - begun);
        FirstReceipt watch;
        begun = wall_seconds();
        area.save(device, {papers[i % papers.size()]}, 1);
        area.synchronise(device, &watch);
        longest_receipt = std::max(longest_receipt, watch.when() - begun);
    }
    bench.table.add(
        {"report kpi, two years, " + cases, "s", counting.get(), {}, 60, {}, Better::lower, "while others write"});
    bench.table.add(
        {"longest of their writes meanwhile", "s", longest, {}, 2, {}, Better::lower, "as a program of its own"});
    bench.table.add(
        {"longest save to receipt meanwhile", "s", longest_receipt, {}, 2, {}, Better::lower, "the hub has just started"});
    bench.table.add({"report annual-return, " + cases, "s", report("annual-return", "2025-04-01")});
    bench.table.add({"memory of the hub at most", "MB", static_cast<double>(peak_kib(area.hub_pid())) / 1024, {}, 200});
    area.stop_hub();
}

}  // namespace satchel::bench
