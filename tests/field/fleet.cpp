#include "tests/field/fleet.hpp"

#include <array>
#include <fstream>
#include <stdexcept>

#include "tools/demo/story.hpp"

namespace satchel::field {
namespace {

constexpr std::array hats{"police/eastside/offender_manager",     "probation/eastside/practitioner",
                          "prison/stonebridge-example/omu",       "probation/eastside/spo",
                          "police/eastside/response_officer",     "coordination/unit/coordinator"};

std::string crn_of(unsigned number) { return "X" + std::to_string(300001 + number); }

std::runtime_error failed(const std::string& what, const Answer& answer)
{
    return std::runtime_error(what + ": exit " + std::to_string(answer.exit_code) + " " + json::serialize(answer.data) + " " +
                              answer.err);
}

bool is_ours(std::string_view text) { return text.starts_with("Fictitious note "); }

// As pictures and long notes of many people do not compress: a line is to be filled by few saves.
std::string hardly_compressible(std::mt19937_64& random, std::size_t bytes)
{
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    for (std::size_t i = 0; i < bytes; ++i)
        out += letters[random() % letters.size()];
    return out;
}

// Every text in it that a save of ours wrote, with how often.
void count_words(const json::value& value, std::map<std::string, int>& out)
{
    if (value.is_string()) {
        if (is_ours(value.as_string()))
            ++out[std::string(value.as_string())];
    } else if (value.is_array()) {
        for (const auto& one : value.as_array())
            count_words(one, out);
    } else if (value.is_object()) {
        for (const auto& one : value.as_object())
            count_words(one.value(), out);
    }
}

}  // namespace

Fleet::Fleet(Plan plan) : plan_(std::move(plan)), world_(plan_.programs, plan_.dir)
{
    world_.create_hub();
    std::string lines;
    for (unsigned i = 0; i < plan_.cases; ++i) {
        const auto key = "field-" + std::to_string(i);
        cases_.push_back(crn_of(i));
        lines += demo::case_lines(key, cases_.back(), "Field-Testcase-" + std::to_string(i),
                                  {demo::record_line(key, "visit", "home_visit", "police", "police.offender_manager",
                                                     R"("visited_on":"2026-01-05","purpose":"As imported")")});
    }
    if (const auto imported = world_.import(lines); !imported.ok())
        throw failed("the cases were not imported", imported);
    std::vector<std::string> names;
    for (unsigned i = 0; i < plan_.devices; ++i) {
        auto device = std::make_unique<Device>();
        device->hat = hats[i % hats.size()];
        device->name = "device-" + std::to_string(i);
        const auto added = world_.hub({"user", "add", "--name", "Fictitious Person-" + std::to_string(i), "--hat", device->hat,
                                       "--vetting", "enhanced"});
        if (!added.ok())
            throw failed("no user", added);
        std::ofstream(world_.dir() / (device->name + ".user")) << added.text("user") << "\n";
        names.push_back(device->name);
        devices.push_back(std::move(device));
    }
    start_hub();
    for (const auto& crn : cases_)
        world_.assign(crn, names);
    world_.enrol(names);
    for (auto& device : devices)
        if (const auto synced = sync(*device); !synced.ok())
            throw failed(device->name + " did not load", synced);
    for (const auto& crn : cases_) {
        visits_.push_back(world_.find_record(devices[1]->name, crn, "home_visit"));
        if (visits_.back().empty())
            throw std::runtime_error("the visit that was imported is not shown");
    }
}

void Fleet::start_hub(const std::vector<std::string>& under)
{
    const std::lock_guard one(hub_);
    plan_.at_hub([&] { world_.serve(plan_.listen, under); });
    const std::lock_guard lock(mutex_);
    address_ = world_.address();
}

std::string Fleet::address()
{
    const std::lock_guard lock(mutex_);
    return address_;
}

void Fleet::kill_hub(const std::vector<std::string>& under)
{
    {
        const std::lock_guard one(hub_);
        world_.kill_hub();
    }
    start_hub(under);
}

int Fleet::stop_hub(const std::vector<std::string>& under)
{
    int code = 0;
    {
        const std::lock_guard one(hub_);
        code = world_.stop();
    }
    start_hub(under);
    return code;
}

void Fleet::kill(Device& device)
{
    const std::lock_guard lock(device.busy);
    world_.kill_device(device.name);
}

Answer Fleet::ask(Device& device, const std::vector<std::string>& arguments, const std::string& input)
{
    {
        const std::lock_guard lock(device.busy);
        world_.unlock(device.name);
    }
    return world_.ask(device.name, arguments, input);
}

std::uint64_t Fleet::acknowledged() const
{
    std::uint64_t out = 0;
    for (const auto& device : devices)
        out += device->saved;
    return out;
}

demo::Finished Fleet::alone(Device& device, const std::vector<std::string>& arguments,
                           const std::vector<std::string>& under)
{
    return demo::run(demo::under_another(world_.on_device(device.name, arguments), under));
}

int Fleet::save(Device& device, std::mt19937_64& random, unsigned bulk) { return save(device, random, bulk, nullptr); }

int Fleet::save_alone(Device& device, std::mt19937_64& random, const std::vector<std::string>& under)
{
    kill(device);
    return save(device, random, 1, &under);
}

int Fleet::save(Device& device, std::mt19937_64& random, unsigned bulk, const std::vector<std::string>* under)
{
    const auto where = static_cast<std::size_t>(random() % cases_.size());
    const auto kind = bulk > 1 ? 0 : random() % 20;
    std::vector<std::string> words;
    for (unsigned i = 0; i < bulk; ++i) {
        std::string text;
        {
            const std::lock_guard lock(mutex_);
            text = "Fictitious note " + std::to_string(++number_) + " by " + device.name + ": ";
        }
        text += hardly_compressible(random, note_bytes);
        words.push_back(text);
        const std::lock_guard lock(mutex_);
        ledger_[text].record = kind == 1 ? visits_[where] : std::string();
    }
    std::vector<std::string> command{"record", "new", "contact", "--case", cases_[where]};
    std::string input;
    if (kind == 0 && bulk > 1) {
        for (const auto& text : words)
            input += json::serialize(json::object{{"set", {{"contact_kind", "phone"}, {"summary", text}}}}) + "\n";
        command.insert(command.end(), {"--input", "-"});
    } else if (kind == 1) {
        command = {"record", "edit", visits_[where], "--set", "purpose=" + words[0]};
    } else if (kind < 5) {
        command = {"record", "edit", visits_[where], "--add", "observation=" + words[0]};
    } else {
        command.insert(command.end(), {"--set=contact_kind=phone", "--set=summary=" + words[0]});
    }
    const int code = under ? alone(device, command, *under).exit_code : ask(device, command, input).exit_code;
    if (code == 0) {
        device.saved += words.size();
        const std::lock_guard lock(mutex_);
        for (const auto& text : words)
            ledger_[text].acknowledged = true;
    } else {
        device.unsure += words.size();
    }
    return code;
}

bool Fleet::settle(unsigned rounds_max)
{
    for (unsigned round = 0; round < rounds_max; ++round) {
        bool moved = false;
        for (auto& device : devices) {
            const auto synced = sync(*device);
            moved = moved || !synced.ok() || synced.text("complete") != "true" || synced.text("sent") != "0" ||
                    synced.text("received") != "0" || synced.text("waiting") != "0";
        }
        if (!moved)
            return true;
    }
    return false;
}

Violations Fleet::check()
{
    Violations out;
    look_at_hub(out);
    look_at_edits(out);
    compare_devices(out);
    if (const auto verified = world_.hub({"verify"}); verified.exit_code != 0)
        out.push_back("verify: " + json::serialize(verified.data));
    for (auto& device : devices)
        if (const auto sound = ask(*device, {"device", "doctor"}); sound.exit_code != 0)
            out.push_back(device->name + ": doctor: " + json::serialize(sound.data));
    return out;
}

void Fleet::look_at_hub(Violations& out)
{
    demo::Invocation what;
    what.program = plan_.programs / "satchel-hub";
    what.arguments = {"--dir", world_.hub_dir().string(), "--passphrase-fd", "3", "export"};
    what.passphrase = demo::passphrase_of("hub");
    const auto exported = demo::run(what);
    if (exported.exit_code != 0)
        out.push_back("export: exit " + std::to_string(exported.exit_code) + " " + exported.err);
    std::map<std::string, int> there;
    std::size_t at = 0;
    while (at < exported.out.size()) {
        const auto end = std::min(exported.out.find('\n', at), exported.out.size());
        boost::system::error_code bad;
        const auto line = json::parse(std::string_view(exported.out).substr(at, end - at), bad);
        if (bad)
            out.push_back("export: a line that is no JSON");
        else
            count_words(line, there);
        at = end + 1;
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [text, kept] : ledger_) {
        const auto found = there.find(text);
        const int times = found == there.end() ? 0 : found->second;
        if (kept.record.empty() && (times > 1 || (kept.acknowledged && times != 1)))
            out.push_back("at the hub " + std::to_string(times) + " times: " + text);
    }
    for (const auto& [text, times] : there)
        if (!ledger_.contains(text))
            out.push_back("at the hub, and nobody wrote it: " + text);
}

// A field that several wrote: what became of it may differ, but each writing stands in its history once.
void Fleet::look_at_edits(Violations& out)
{
    std::map<std::string, int> there;
    for (const auto& visit : visits_) {
        const auto told = ask(*devices[1], {"why", visit, "purpose"});
        if (!told.ok())
            out.push_back("why: " + json::serialize(told.data));
        const auto versions = told.at("versions");
        if (versions.is_array())
            for (const auto& version : versions.as_array())
                if (const auto value = demo::text(version, "value"); is_ours(value))
                    ++there[value];
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [text, kept] : ledger_) {
        const auto found = there.find(text);
        const int times = found == there.end() ? 0 : found->second;
        if (!kept.record.empty() && (times > 1 || (kept.acknowledged && times != 1)))
            out.push_back("in the history of its field " + std::to_string(times) + " times: " + text);
    }
}

// Of the same role: the same to the last letter. Of others: what both show has the same content.
void Fleet::compare_devices(Violations& out)
{
    for (const auto& crn : cases_) {
        std::map<std::string, std::pair<std::string, json::value>> by_hat;  // hat -> who, records
        std::map<std::string, std::map<std::string, std::string>> seen;     // record -> field -> text
        for (auto& device : devices) {
            const auto shown = ask(*device, {"case", "show", crn});
            if (!shown.ok()) {
                out.push_back(device->name + ": case show: " + json::serialize(shown.data));
                continue;
            }
            const auto records = shown.at("records");
            const auto [same, fresh] = by_hat.try_emplace(device->hat, device->name, records);
            if (!fresh && same->second.second != records)
                out.push_back(device->name + " and " + same->second.first + " show " + crn + " differently");
            if (!records.is_array())
                continue;
            for (const auto& record : records.as_array()) {
                const auto fields = demo::at(record, "fields");
                if (demo::text(record, "pending") == "true")
                    out.push_back(device->name + ": a record waits for a ruling still");
                if (!fields.is_object())
                    continue;
                for (const auto& field : fields.as_object()) {
                    const auto [known, first] = seen[demo::text(record, "id")].try_emplace(std::string(field.key()),
                                                                                          json::serialize(field.value()));
                    if (!first && known->second != json::serialize(field.value()))
                        out.push_back(device->name + " shows another " + std::string(field.key()) + " in " + crn);
                }
            }
        }
    }
}

}  // namespace satchel::field
