#include "tools/hub/commands.hpp"

#include <array>

#include "tools/hub/plain.hpp"

namespace satchel::tools::hub {
namespace {

using console::CommandSpec;
using console::OptionSpec;

const OptionSpec case_ref{"--case", "REF", "case id, label, CRN, prison number or PNC", true};
const OptionSpec case_optional{"--case", "REF", "this case only: id, label, CRN, prison number or PNC"};
const OptionSpec user_ref{"--user", "USER", "user id, or the exact name", true};
const OptionSpec item_id{"ID", "", "its id, as the list prints it", true};
const OptionSpec as_user{"--as", "USER", "on whose behalf; the history says so", true};
const OptionSpec as_reader{"--as", "USER", "show the values that this user may see"};
const OptionSpec reason{"--reason", "TEXT", "why; @- reads it from standard input", true};
const OptionSpec to_role{"--role", "ROLE", "the role that is to decide, \"police.offender_manager\"", true};
const OptionSpec bundle_folder{"--bundle", "FOLDER", "an agreement (*.toml) that is not in force", false, false, true};
const OptionSpec new_value{"--value", "V", "the value, or FIELD=VALUE; @- or FIELD=@- reads standard input", false, true};

std::vector<OptionSpec> assignee(bool ended)
{
    std::vector<OptionSpec> out{case_ref,
                                {"--user", "USER", "one user: id or exact name"},
                                {"--team", "TEAM", "everybody who writes under this team"},
                                {"--role", "ROLE", "everybody with this role, \"probation.practitioner\""}};
    if (ended)
        out.push_back({"--because", "WHY",
                       "moved: work not sent yet is delivered first; the others lock the device's screen first and seal it",
                       true, false, false, {"moved", "restricted", "suspended"}});
    return out;
}

CommandSpec decision(const std::string& kind, const std::string& verb, const std::string& summary,
                     std::vector<OptionSpec> more = {}, const std::string& example = {})
{
    std::vector<OptionSpec> options{item_id, as_user, reason};
    options.insert(options.begin() + 1, more.begin(), more.end());
    return {kind + " " + verb, summary,
            "satchel-hub --dir hub " + kind + " " + verb + " 5m2k… " + (example.empty() ? "" : example + " ") +
                "--as 'B. Example' --reason 'Criteria are met'",
            std::move(options),
            "Judged as if that user had decided it; signed by the hub's operator, and the history says so.",
            plain_decision};
}

std::vector<CommandSpec> reports()
{
    const auto options = [](std::vector<OptionSpec> more = {}) {
        std::vector<OptionSpec> out{{"--area", "NAME", "the MAPPA area; all of them if left out"},
                                    {"--from", "DATE", "first day, as in 2026-04-01", true},
                                    {"--to", "DATE", "last day, as in 2026-06-30", true},
                                    {"--csv", "", "lines for a spreadsheet"}};
        out.insert(out.end(), more.begin(), more.end());
        return out;
    };
    const std::string quarter = " --area Exampleshire --from 2026-04-01 --to 2026-06-30";
    return {{"report kpi", "Counts the performance indicators of the agreement, with their targets.",
             "satchel-hub --dir hub report kpi" + quarter, options({{"--before", "", "beside each figure, what it was in as many days before"}}),
             "Counted by the day on which things happened, whenever they arrived. Nobody is named. Each figure says which reading\n"
             "of its definition was taken.",
             plain_kpi},
            {"report annual-return", "Counts the lines of the annual return of one year.",
             "satchel-hub --dir hub report annual-return --area Exampleshire --from 2025-04-01 --to 2026-03-31 --as 'C. Example'",
             options({{"--as", "USER", "who looks, before the year is published; the history says so"},
                      {"--sign-off", "", "keeps the figures for good under the name of USER, once"},
                      {"--correct", "", "keeps the figures of today beside those that were signed off, as a correction of them"},
                      {"--reason", "TEXT", "with --sign-off or --correct: what is said about it; @- reads it from standard input"}}),
             "Nobody is named. Before the day of publication the figures are for the roles that the agreement names. What was\n"
             "signed off stands: what came later is shown beside it, and a correction never replaces what was published first.",
             plain_annual_return},
            {"report caseload", "Lists cases for managers, as they were on the last day.",
             "satchel-hub --dir hub report caseload" + quarter, options({{"--list", "ID", "this list only; all of them if left out"}}),
             "By case id and label, without names. The lists are the agreement's: not yet screened, Level 1, all,\n"
             "and who was screened or reviewed in the period.", plain_caseload},
            {"report overdue", "Lists open tasks whose last day lies in the period.",
             "satchel-hub --dir hub report overdue" + quarter, options(), "By case id and label, without names.", plain_overdue},
            {"report sample", "Draws cases of one list at random, for an audit.",
             "satchel-hub --dir hub report sample --list rejected-referrals --size 10" + quarter,
             options({{"--list", "ID", "one of the lists of `report caseload`", true},
                      {"--size", "N", "how many cases", true},
                      {"--seed", "TEXT", "the one that an earlier sample printed, to draw the same; a new one if left out"}}),
             "By case id and label, without names. Each case of the list is as likely as the other.", plain_sample},
            {"report use", "Counts by agency who has a device and who writes.",
             "satchel-hub --dir hub report use" + quarter, options(),
             "Whether people use it, not how well. Nobody is named.", plain_use}};
}

console::ProgramSpec make_program()
{
    console::ProgramSpec out;
    out.name = "satchel-hub";
    out.summary = "The central service: keeps everybody's work, rules on it under the data-sharing agreement, and gives each\n"
                  "reader what they may see. While `serve` runs, the other commands go through it.";
    out.example = "satchel-hub --dir hub init --area Exampleshire\n"
                  "satchel-hub --dir hub import caseload.ndjson\n"
                  "satchel-hub --dir hub user add --name 'A. Sample' --hat probation/eastside/practitioner\n"
                  "satchel-hub --dir hub serve --listen 127.0.0.1:7443";
    out.common = {{"--dir", "HUB", "the hub's folder", true, false, true},
                  {"--passphrase-fd", "N", "read the passphrase from this descriptor instead of asking"}};
    auto& all = out.commands;
    all.push_back({"init", "Makes a new hub, with keys and certificates of its own.",
                   "satchel-hub --dir hub init --area Exampleshire",
                   {{"--area", "NAME", "the MAPPA area; part of the certificates", true},
                    {"--policy", "FOLDER", "a data-sharing agreement (*.toml) instead of the one built in", false, false, true},
                    {"--kdf", "COST", "what one guess at the passphrase costs; floor is for tests and demonstrations",
                     false, false, false, {"standard", "floor"}}},
                   "The folder is made if need be. Keep a copy of it and of the passphrase: without them nobody can open the hub.",
                   plain_init});
    all.push_back({"import", "Takes in cases and records, all of them or none.",
                   "satchel-hub --dir hub import caseload.ndjson --dry-run",
                   {{"FILE", "", "one JSON object a line (docs/CLI.md); - for standard input", true, false, true},
                    {"--dry-run", "", "checks to the end and keeps nothing"}},
                   "", plain_import});
    all.push_back({"export", "Writes what is in force now, in the form that import reads.",
                   "satchel-hub --dir hub export --case X000001 > case.ndjson", {case_optional}});
    all.push_back({"user add", "Adds a user with the hats under which they write.",
                   "satchel-hub --dir hub user add --name 'A. Sample' --hat probation/eastside/practitioner",
                   {{"--name", "NAME", "as colleagues know them; @- reads it from standard input", true},
                    {"--hat", "AGENCY/TEAM/ROLE", "agency, team and role", true, true},
                    {"--vetting", "LEVEL", "of the policy's levels; none if left out"}},
                   "", plain_user});
    all.push_back({"user list", "Lists users, their hats and devices.", "satchel-hub --dir hub user list"});
    all.push_back({"user hats", "Replaces the hats of a user.",
                   "satchel-hub --dir hub user hats 'A. Sample' --hat probation/eastside/practitioner",
                   {{"USER", "", "user id, or the exact name", true},
                    {"--hat", "AGENCY/TEAM/ROLE", "agency, team and role", true, true}},
                   "", plain_user});
    all.push_back({"user suspend", "Ends a user's access: their devices lock, work not sent yet comes sealed.",
                   "satchel-hub --dir hub user suspend 'A. Sample'", {{"USER", "", "user id, or the exact name", true}},
                   "", plain_user});
    all.push_back({"case list", "Lists cases, their facts and who works on them.", "satchel-hub --dir hub case list"});
    all.push_back({"assign", "Gives a case to a user, a team or a role.",
                   "satchel-hub --dir hub assign --case X000001 --user 'A. Sample'", assignee(false)});
    all.push_back({"unassign", "Takes a case away from a user, a team or a role.",
                   "satchel-hub --dir hub unassign --case X000001 --user 'A. Sample' --because moved", assignee(true)});
    all.push_back({"enrolment create", "Writes the slip with which one device of a user enrols, once.",
                   "satchel-hub --dir hub enrolment create --user 'A. Sample' --out sample.enrolment --address 127.0.0.1:7443",
                   {user_ref,
                    {"--out", "FILE", "a new file, readable by you alone; hand it over by a safe way", true, false, true},
                    {"--ttl", "TIME", "how long it is good for: 90s, 15m, 8h, 2d (15m if left out)"},
                    {"--address", "HOST:PORT", "where the device finds the hub"}},
                   "", plain_enrolment});
    all.push_back({"serve", "Runs the hub until SIGTERM or SIGINT.", "satchel-hub --dir hub serve --listen 127.0.0.1:7443",
                   {{"--listen", "HOST:PORT", "a numeric address; port 0 takes any that is free", true},
                    {"--log", "", "tells of every session on standard error: who, what, how much, never content"}},
                   "The first line says where it listens: {\"event\":\"listening\",\"address\":\"127.0.0.1:41234\"}.", plain_serve});
    for (const std::string kind : {"suggestion", "conflict"}) {
        all.push_back({kind + " list", "Lists what waits for a decision.",
                       "satchel-hub --dir hub " + kind + " list --as 'B. Example'", {as_reader},
                       "Without --as: envelopes, without values.", plain_items});
        all.push_back({kind + " show", "Shows one with its sides.",
                       "satchel-hub --dir hub " + kind + " show 5m2k… --as 'B. Example'", {item_id, as_reader}, "", plain_item});
    }
    all.push_back(decision("suggestion", "accept", "The suggested value becomes the value."));
    all.push_back(decision("suggestion", "amend", "Another value becomes the value.",
                           {[] { auto o = new_value; o.required = true; return o; }()}, "--value 2"));
    all.push_back(decision("suggestion", "decline", "The recorded value stands."));
    all.push_back(decision("conflict", "comment", "Adds a comment; settles nothing."));
    all.push_back(decision("conflict", "resolve", "Settles it.",
                           {{"--choose", "SIDE", "which side becomes the value; previous: what stood before both", false, false, false,
                             {"A", "B", "previous"}},
                            new_value},
                           "--choose A"));
    all.push_back({"conflict route", "Hands it to whom the agreement says, with a task. Decides nothing.",
                   "satchel-hub --dir hub conflict route 5m2k… --as 'B. Example' --reason 'Nobody has looked at it'",
                   {item_id, [] { auto o = to_role; o.required = false; return o; }(), as_user, reason},
                   "Without --role: the role that decides it, or who stands in for it.", plain_routed});
    all.push_back({"conflict reassign", "Hands it to another role, which gets a task. Decides nothing.",
                   "satchel-hub --dir hub conflict reassign 5m2k… --role coordination.coordinator --as 'B. Example' "
                   "--reason 'Both areas are concerned'",
                   {item_id, to_role, as_user, reason}, "", plain_routed});
    all.push_back(decision("conflict", "escalate", "Passes it up, with a task for those above. Decides nothing."));
    all.push_back({"held list", "Lists work that was received and is in no record, without what it says.",
                   "satchel-hub --dir hub held list", {},
                   "Work of somebody whose access had ended, sealed on their device, and work that was not theirs to write.",
                   plain_held_list});
    all.push_back({"held open", "Shows held work to the handler whom the agreement names.",
                   "satchel-hub --dir hub held open 5m2k… --as 'C. Example' --reason 'Nobody else has told of the visit'",
                   {item_id, {"--as", "USER", "the handler, who has to work on its case", true}, reason},
                   "Opening applies nothing, and the history says who opened it and why.", plain_held});
    all.push_back({"task list", "Lists open tasks.", "satchel-hub --dir hub task list --role probation.practitioner",
                   {{"--role", "ROLE", "for this role, or falling to it because nobody holds the role it is for"}}});
    all.push_back({"device list", "Lists enrolled devices.", "satchel-hub --dir hub device list"});
    all.push_back({"device show", "Shows one device, and the cases it had to give up.",
                   "satchel-hub --dir hub device show 5m2k…", {item_id}});
    all.push_back({"device revoke", "Ends a device's access for good.", "satchel-hub --dir hub device revoke 5m2k…",
                   {item_id}});
    all.push_back({"policy lint", "Checks a data-sharing agreement and names every problem.",
                   "satchel-hub policy lint agreement/", {{"FOLDER", "", "with its *.toml; the one built in if left out", false, false, true}},
                   "Each problem is told as FILE:LINE: REASON; where two rules clash, the reason names both. Exit 2 when there are any.\n"
                   "Needs no hub and no passphrase. Whether it can follow an agreement in force, and what it would change, say\n"
                   "`policy diff` and `policy dry-run`.", plain_lint, false, true});
    all.push_back({"policy show", "Shows the agreement in force.", "satchel-hub --dir hub policy show --type address",
                   {{"--type", "TYPE", "one record type in full"}}});
    all.push_back({"policy explain", "Says who may change a field, when and why; or what would become of one user's change.",
                   "satchel-hub policy explain --record address --field lines\n"
                   "satchel-hub --dir hub policy explain --case X000001 --record 5m2k… --field lines --as 'A. Sample'",
                   {{"--record", "R", "record type, by its name in the files or its title; with --case, record id", true},
                    {"--field", "F", "field, likewise; left out: the parts and fields of the record"},
                    {"--case", "REF", "in this case: id, label, CRN, prison number or PNC"},
                    {"--as", "USER", "whose change"},
                    bundle_folder},
                   "Without --case: who may do what with the field, when and why, by which paragraphs, under the agreement built in,\n"
                   "that of --bundle, or of the hub in --dir. Needs no hub and no passphrase for the first two.",
                   plain_explain, false, true});
    all.push_back({"policy matrix", "Shows who may do what with every field, and who sees it.",
                   "satchel-hub policy matrix --bundle agreement/ --html matrix.html",
                   {bundle_folder,
                    {"--record", "R", "of this record type alone, by its name in the files or its title"},
                    {"--csv", "", "for a spreadsheet: one row for each field, role, action and condition"},
                    {"--html", "FILE", "one page to read and to print, which needs nothing else", false, false, true}},
                   "Needs no hub and no passphrase: the agreement built in, unless --bundle or --dir says another.",
                   plain_matrix, false, true});
    all.push_back({"policy diff", "Says what changes for whom from one agreement to another.",
                   "satchel-hub policy diff embedded agreement/\n"
                   "satchel-hub --dir hub policy diff 1 2",
                   {{"OLD", "", "a folder with *.toml, embedded, or the number of a version that the hub had", true},
                    {"NEW", "", "likewise", true}},
                   "Needs no hub and no passphrase, unless a version is named. Whoever no longer sees what they see now is\n"
                   "named with a warning.",
                   plain_diff, false, true});
    all.push_back({"policy dry-run", "Says what would become of another agreement: could it be published, and what would have differed?",
                   "satchel-hub --dir hub policy dry-run agreement/ --days 30",
                   {{"NEW", "", "a folder with *.toml", true, false, true},
                    {"--days", "N", "counted back from the newest entry of the history", true}},
                   "Nothing is written. First, with file and line, why it could not follow the agreement in force. Then the rulings\n"
                   "that would differ, and the tasks, facts and values that would follow from them. People are taken to have\n"
                   "written what they wrote. Cases are told by their ids alone.",
                   plain_dry_run});
    all.push_back({"policy propose", "Proposes the next agreement, and prints the digest by which it is approved.",
                   "satchel-hub --dir hub policy propose agreement/ --as 'A. Sample'",
                   {{"FOLDER", "", "with its *.toml; it must be able to follow the one in force", true, false, true},
                    as_user,
                    {"--narrowing-understood", "", "somebody loses sight of something, and that is meant"}}});
    all.push_back({"policy approve", "Approves exactly the agreement of a digest.",
                   "satchel-hub --dir hub policy approve 9f86d081… --as 'B. Example' --reason 'As the board agreed'",
                   {{"DIGEST", "", "as `policy propose` printed it", true}, as_user, reason},
                   "Two different people approve it, under a role that the agreement in force names ([scope] approvers; the\n"
                   "roles of the co-ordination unit where it names none)."});
    all.push_back({"policy publish", "Puts an agreement that two people have approved in force.",
                   "satchel-hub --dir hub policy publish agreement/",
                   {{"FOLDER", "", "with its *.toml; it must be able to follow the one in force", true, false, true}}});
    for (auto& report : reports())
        all.push_back(std::move(report));
    all.push_back({"restored", "Says that this folder was put back from a copy: say it before any device connects.",
                   "satchel-hub --dir hub restored", {},
                   "The hub begins a new epoch: devices offer again what the copy lacks, and nothing that is missing here\n"
                   "counts as deleted there."});
    all.push_back({"status", "Counts what the hub holds.", "satchel-hub --dir hub status"});
    all.push_back({"verify", "Recomputes the whole history and compares it with what the store says.",
                   "satchel-hub --dir hub verify --receipt device-receipt.json",
                   {{"--receipt", "FILE", "the last receipt of a device, as `satchel device doctor --json` prints it",
                     false, true, true}},
                   "Exit 8 when anything differs; the failures name table and row.", plain_verify});
    return out;
}

struct Entry {
    std::string_view name;
    Command run;
};
constexpr std::array commands{
    Entry{"import", import_lines},
    Entry{"export", export_lines},
    Entry{"user add", user_add},
    Entry{"user list", user_list},
    Entry{"user hats", user_hats},
    Entry{"user suspend", user_suspend},
    Entry{"case list", case_list},
    Entry{"assign", assign},
    Entry{"unassign", unassign},
    Entry{"enrolment create", enrolment_create},
    Entry{"suggestion list", item_list},
    Entry{"suggestion show", item_show},
    Entry{"suggestion accept", item_decide},
    Entry{"suggestion amend", item_decide},
    Entry{"suggestion decline", item_decide},
    Entry{"conflict list", item_list},
    Entry{"conflict show", item_show},
    Entry{"conflict comment", item_decide},
    Entry{"conflict escalate", item_decide},
    Entry{"conflict resolve", item_decide},
    Entry{"conflict route", item_route},
    Entry{"conflict reassign", item_route},
    Entry{"held list", held_list},
    Entry{"held open", held_open},
    Entry{"task list", task_list},
    Entry{"device list", device_list},
    Entry{"device show", device_show},
    Entry{"device revoke", device_revoke},
    Entry{"policy show", policy_show},
    Entry{"policy explain", policy_explain},
    Entry{"policy matrix", policy_matrix},
    Entry{"policy diff", policy_diff},
    Entry{"policy dry-run", policy_dry_run},
    Entry{"policy propose", policy_propose},
    Entry{"policy approve", policy_approve},
    Entry{"policy publish", policy_publish},
    Entry{"report kpi", report_kpi},
    Entry{"report annual-return", report_annual_return},
    Entry{"report caseload", report_caseload},
    Entry{"report overdue", report_overdue},
    Entry{"report sample", report_sample},
    Entry{"report use", report_use},
    Entry{"restored", restored},
    Entry{"status", status},
    Entry{"verify", verify},
};

}  // namespace

const console::ProgramSpec& program()
{
    static const auto made = make_program();
    return made;
}

Result<console::Answer> run_command(const Desk& desk, const console::Request& request, console::Replies& replies)
{
    for (const auto& [name, run] : commands)
        if (name == request.invocation.command)
            return run(desk, request, replies);
    return fail(Errc::bug, "no such command");
}

}  // namespace satchel::tools::hub
