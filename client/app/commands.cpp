#include "client/app/commands.hpp"

#include <array>

#include "client/app/plain.hpp"

namespace satchel::client::app {
namespace {

using console::CommandSpec;
using console::OptionSpec;

const OptionSpec case_ref{"--case", "REF", "case id, CRN, prison number or PNC", true};
const OptionSpec case_optional{"--case", "REF", "this case only: id, CRN, prison number or PNC"};
const OptionSpec record_id{"ID", "", "record id, as the lists print it", true};
const OptionSpec item_id{"ID", "", "its id, as the list prints it", true};
const OptionSpec set_field{"--set", "F=V", "a field and its value; F=@- reads standard input, F= clears it", false,
                           true};
const OptionSpec add_element{
    "--add", "F=V", "a field of a new element of a list; a field given again begins the next element", false, true};
const OptionSpec input{
    "--input", "FILE", "a JSON object instead of --set and --add, or one a line; - reads standard input",
    false,     false,  true};
const OptionSpec event_at{"--event-at", "T", "when it happened: 2026-03-27T16:30:00Z or 2026-03-27"};
const OptionSpec basis{"--basis", "B", "how it is known: observed, self_reported or verified:SOURCE"};
const OptionSpec acting_as{"--acting-as", "HAT", "under which of your roles: AGENCY/TEAM/ROLE, or its role or agency"};
const OptionSpec require{"--require", "OUTCOME", "save only if it will be in the record at once; else exit 7",
                         false,       false,     false,
                         {"applied"}};
const OptionSpec reason_needed{"--reason", "TEXT", "why; @- reads it from standard input", true};
const OptionSpec reason_optional{"--reason", "TEXT", "why; @- reads it from standard input"};
const OptionSpec seen_edit{
    "--seen", "VERSION",
    "what you looked at, as `record show` printed it (none: nothing was there): what came in since "
    "is not written over",
    false, true};
const OptionSpec seen_decision{
    "--seen", "VERSION",
    "the version of the first side, as `show` printed it (none: nothing stood); another by now: exit 7"};
const OptionSpec hub_address{"--hub", "HOST:PORT", "instead of the address on the enrolment slip"};

std::vector<OptionSpec> writing(std::vector<OptionSpec> first)
{
    first.insert(first.end(), {set_field, add_element, input, event_at, basis, acting_as, reason_optional, require});
    return first;
}

CommandSpec decision(const std::string& kind, const std::string& verb, const std::string& summary,
                     std::vector<OptionSpec> more = {}, const std::string& example = {}, bool needs_reason = true)
{
    std::vector<OptionSpec> options{item_id};
    options.insert(options.end(), more.begin(), more.end());
    options.push_back(needs_reason ? reason_needed : reason_optional);
    options.push_back(acting_as);
    options.push_back(seen_decision);
    return {kind + " " + verb,
            summary,
            "satchel --profile me " + kind + " " + verb + " 5m2k… " + (example.empty() ? "" : example + " ") +
                "--seen 7q4f… --reason 'Criteria are met'",
            std::move(options),
            "Saved on this device and signed with its key; it counts when it is received centrally.",
            plain_decision};
}

OptionSpec new_value(bool needed)
{
    return {"--value", "V", "the value, or FIELD=VALUE; @- or FIELD=@- reads standard input", needed, true};
}

void add_records(std::vector<CommandSpec>& all)
{
    all.push_back(
        {"case list", "Lists the cases on this device.", "satchel --profile me case list", {}, "", plain_cases});
    all.push_back({"case show",
                   "Shows a case with everything in it, your own unsent work included.",
                   "satchel --profile me case show X000001",
                   {{"REF", "", "case id, CRN, prison number or PNC", true}},
                   "",
                   plain_case});
    all.push_back({"case since",
                   "Says what is different in a case since a day, or since the last meeting.",
                   "satchel --profile me case since X000001 --last meeting.held_on",
                   {{"REF", "", "case id, CRN, prison number or PNC", true},
                    {"--day", "YYYY-MM-DD", "from the beginning of this day"},
                    {"--last", "TYPE.FIELD", "from the day in this field of the latest such record, today's included"}},
                   "A change counts when it was received centrally, however long ago it happened; your own unsent work counts.",
                   plain_since});
    all.push_back({"record types",
                   "Lists what can be recorded: types, fields, choices, agencies, roles.",
                   "satchel --profile me record types",
                   {},
                   "",
                   plain_types});
    all.push_back({"record list",
                   "Lists the records of a case.",
                   "satchel --profile me record list --case X000001 --type contact",
                   {case_ref, {"--type", "TYPE", "of this type only"}},
                   "",
                   plain_records});
    all.push_back(
        {"record new", "Records something new on a case.",
         "satchel --profile me record new contact --case X000001 --set contact_kind=office --set summary='Attended'",
         writing({{"TYPE", "", "record type; each object of an input may say its own"}, case_ref}),
         "What you typed is saved whatever will become of it; the answer says what to expect.", plain_saved});
    all.push_back(
        {"record edit", "Changes a record.", "satchel --profile me record edit 5m2k… --seen 7q4f… --set to=2026-03-01",
         writing({record_id,
                  seen_edit,
                  {"--remove", "GROUP", "every element of a list that you see, or one: GROUP=ELEMENT or FIELD=VALUE",
                   false, true}}),
         "", plain_saved});
    all.push_back(
        {"record show", "Shows one record.", "satchel --profile me record show 5m2k…", {record_id}, "", plain_record});
    all.push_back({"record history",
                   "Shows every change of a record, those that lost included.",
                   "satchel --profile me record history 5m2k…",
                   {record_id},
                   "",
                   plain_history});
    all.push_back(
        {"record withdraw",
         "Withdraws a record that was made in error. Nothing is deleted.",
         "satchel --profile me record withdraw 5m2k… --reason 'Recorded twice'",
         {record_id, reason_needed, {"--wrong-person", "", "it belongs to somebody else's case"}, acting_as, require},
         "",
         plain_saved});
    all.push_back({"why",
                   "Explains a value: who wrote it, when, on what basis, which rule decided, what it replaced.",
                   "satchel --profile me why 5m2k… lines",
                   {record_id, {"FIELD", "", "field, or group of fields", true}},
                   "Every signature is checked again.",
                   plain_why});
}

void add_decisions(std::vector<CommandSpec>& all)
{
    for (const std::string kind : {"suggestion", "conflict"}) {
        all.push_back({kind + " list",
                       "Lists what waits for a decision.",
                       "satchel --profile me " + kind + " list --mine",
                       {case_optional, {"--mine", "", "only what you may decide"}},
                       "",
                       plain_items});
        all.push_back({kind + " show",
                       "Shows one with its sides.",
                       "satchel --profile me " + kind + " show 5m2k…",
                       {item_id},
                       "",
                       plain_item});
    }
    all.push_back(decision("suggestion", "accept", "The suggested value becomes the value."));
    all.push_back(decision("suggestion", "amend", "Another value becomes the value.", {new_value(true)}, "--value 2"));
    all.push_back(decision("suggestion", "decline", "The recorded value stands."));
    all.push_back(decision("suggestion", "withdraw", "Takes back a suggestion of your own.", {}, "", false));
    all.push_back(decision("conflict", "comment", "Adds a comment; settles nothing."));
    all.push_back(decision("conflict", "escalate", "Passes it up; settles nothing."));
    all.push_back(decision(
        "conflict", "resolve", "Settles it.",
        {{"--choose", "SIDE", "which side becomes the value; previous: what stood before both", false, false, false, {"A", "B", "previous"}},
         new_value(false)},
        "--choose A"));
}

void add_work(std::vector<CommandSpec>& all)
{
    all.push_back({"attention list",
                   "Lists what you should look at: refusals, suggestions, two versions, access removed.",
                   "satchel --profile me attention list",
                   {},
                   "",
                   plain_attention});
    all.push_back({"outbox list",
                   "Lists your work that has not been decided centrally yet.",
                   "satchel --profile me outbox list",
                   {},
                   "",
                   plain_outbox});
    all.push_back({"task list",
                   "Lists the open tasks of your roles, and of roles that nobody holds and that you cover.",
                   "satchel --profile me task list",
                   {{"--role", "ROLE", "of this role, \"probation.practitioner\", or falling to it"},
                    {"--all", "", "of every role, and those that are done"}},
                   "",
                   plain_tasks});
    all.push_back({"task ack",
                   "Says that you have seen a task.",
                   "satchel --profile me task ack 5m2k…",
                   {item_id, reason_optional, acting_as},
                   "",
                   plain_task_settled});
    all.push_back({"task done",
                   "Says that a task is done.",
                   "satchel --profile me task done 5m2k…",
                   {item_id, reason_optional, acting_as},
                   "",
                   plain_task_settled});
    all.push_back({"changes",
                   "Lists what others changed since you last looked.",
                   "satchel --profile me changes --since last-look",
                   {{"--since", "WHEN", "last-look", false, false, false, {"last-look"}},
                    {"--keep", "", "look without marking it as looked at"}},
                   "",
                   plain_changes});
    all.push_back({"search",
                   "Finds records by words in them, your own unsent work included.",
                   "echo 'Madeup Lane' | satchel --profile me search -",
                   {{"TEXT", "", "words, in any order; - reads them from standard input", true}},
                   "Words on the command line can be seen by other users of this machine: - keeps them private.",
                   plain_hits});
}

void add_device(std::vector<CommandSpec>& all)
{
    all.push_back(
        {"enrol",
         "Makes this profile from an enrolment slip.",
         "satchel --profile me enrol --enrolment sample.enrolment",
         {{"--enrolment", "FILE", "the slip that your administrator gave you; it is good once", true, false, true},
          hub_address,
          {"--device-name", "NAME", "how colleagues know this device; the machine's name if left out"},
          {"--kdf",
           "COST",
           "what one guess at the passphrase costs; floor is for tests and demonstrations",
           false,
           false,
           false,
           {"standard", "floor"}}},
         "Asks for a new passphrase: without it nobody can open the profile, and nobody can recover it.",
         plain_enrol});
    all.push_back({"sync run",
                   "Sends and receives, once.",
                   "satchel --profile me sync run",
                   {hub_address},
                   "Exit 4 when the hub is not reached: your work is saved, and goes with the next run.",
                   plain_sync});
    all.push_back({"sync status",
                   "Says what waits and when the hub was last reached.",
                   "satchel --profile me sync status",
                   {},
                   "",
                   plain_status});
    all.push_back({"serve",
                   "Holds the profile unlocked; other commands go through it, without a passphrase.",
                   "satchel --profile me serve",
                   {},
                   "Ends with `lock`, SIGTERM or SIGINT.",
                   plain_serve});
    all.push_back({"lock",
                   "Ends a running `serve`: the passphrase is needed again.",
                   "satchel --profile me lock",
                   {},
                   "",
                   plain_lock});
    all.push_back({"device doctor",
                   "Checks this profile.",
                   "satchel --profile me device doctor --json",
                   {},
                   "Keep its last receipt: `satchel-hub verify --receipt` finds by it whether the hub lost history.",
                   plain_doctor});
}

console::ProgramSpec make_program()
{
    console::ProgramSpec out;
    out.name = "satchel";
    out.summary = "The device: records work on cases, offline or not, and brings it to every agency that may see it.\n"
                  "One profile is one user on one device. While `serve` runs, the other commands go through it.";
    out.example =
        "satchel --profile me enrol --enrolment sample.enrolment\n"
        "satchel --profile me sync run\n"
        "satchel --profile me record new contact --case X000001 --set contact_kind=office --set summary='Attended'\n"
        "satchel --profile me attention list";
    out.common = {
        {"--profile", "DIR", "the profile's folder", true, false, true},
        {"--passphrase-fd", "N", "read the passphrase from this descriptor instead of asking"},
        {"--clock-offset", "OFFSET", "pretend that this device's clock is wrong, as in -10y or +3d; for rehearsals"}};
    add_records(out.commands);
    add_decisions(out.commands);
    add_work(out.commands);
    add_device(out.commands);
    return out;
}

struct Entry {
    std::string_view name;
    Command run;
};
constexpr std::array commands{
    Entry{"case list", case_list},
    Entry{"case show", case_show},
    Entry{"case since", case_since},
    Entry{"record types", record_types},
    Entry{"record list", record_list},
    Entry{"record new", record_new},
    Entry{"record edit", record_edit},
    Entry{"record show", record_show},
    Entry{"record history", record_history},
    Entry{"record withdraw", record_withdraw},
    Entry{"why", why},
    Entry{"suggestion list", item_list},
    Entry{"suggestion show", item_show},
    Entry{"suggestion accept", item_decide},
    Entry{"suggestion amend", item_decide},
    Entry{"suggestion decline", item_decide},
    Entry{"suggestion withdraw", item_decide},
    Entry{"conflict list", item_list},
    Entry{"conflict show", item_show},
    Entry{"conflict comment", item_decide},
    Entry{"conflict escalate", item_decide},
    Entry{"conflict resolve", item_decide},
    Entry{"attention list", attention_list},
    Entry{"outbox list", outbox_list},
    Entry{"task list", task_list},
    Entry{"task ack", task_settle},
    Entry{"task done", task_settle},
    Entry{"changes", changes},
    Entry{"search", search},
    Entry{"sync run", sync_run},
    Entry{"sync status", sync_status},
    Entry{"device doctor", device_doctor},
};

}  // namespace

const console::ProgramSpec& program()
{
    static const auto made = make_program();
    return made;
}

Result<Answer> run_command(const Desk& desk, const Request& request, Replies& replies)
{
    for (const auto& [name, run] : commands)
        if (name == request.invocation.command)
            return run(desk, request, replies);
    return fail(Errc::bug, "no such command");
}

}  // namespace satchel::client::app
