#include "tools/demo/world.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace satchel::demo {
namespace {

// One object of several lines, or the last line of a stream that is one.
json::value parse_output(const std::string& out)
{
    boost::system::error_code ec;
    auto whole = json::parse(out, ec);
    if (!ec)
        return whole;
    const auto end = out.find_last_not_of('\n');
    if (end == std::string::npos)
        return nullptr;
    const auto start = out.rfind('\n', end);
    const auto from = start == std::string::npos ? 0 : start + 1;
    auto last = json::parse(std::string_view(out).substr(from, end + 1 - from), ec);
    return ec ? json::value(nullptr) : last;
}

[[noreturn]] void unexpected(const std::string& what, const Answer& answer)
{
    throw std::runtime_error(what + ": exit " + std::to_string(answer.exit_code) + " " +
                             json::serialize(answer.data) + " " + answer.err);
}

}  // namespace

json::value at(const json::value& value, std::string_view path)
{
    const json::value* now = &value;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto step = path.substr(0, slash);
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
        if (now->is_object()) {
            now = now->as_object().if_contains(step);
        } else if (now->is_array()) {
            std::size_t index = 0;
            for (const char c : step)
                index = index * 10 + static_cast<std::size_t>(c - '0');
            now = now->as_array().if_contains(index);
        } else {
            now = nullptr;
        }
        if (!now)
            return nullptr;
    }
    return *now;
}

std::string text(const json::value& value, std::string_view path)
{
    const auto found = at(value, path);
    if (found.is_string())
        return std::string(found.as_string());
    return found.is_null() ? std::string() : json::serialize(found);
}

bool Answer::ok() const { return exit_code == 0 || exit_code == 5; }
json::value Answer::at(std::string_view path) const { return demo::at(data, path); }
std::string Answer::text(std::string_view path) const { return demo::text(data, path); }

const std::vector<Who>& cast()
{
    static const std::vector<Who> people{
        {"police", "Constance Example-Beacon", "police/eastside/offender_manager"},
        {"response", "Rhys Sample-Lantern", "police/eastside/response_officer"},
        {"practitioner", "Prudence Placeholder-Fell", "probation/eastside/practitioner"},
        {"colleague", "Colin Specimen-Hythe", "probation/eastside/practitioner"},
        {"manager", "Senga Fictive-Moor", "probation/eastside/spo"},
        {"liaison", "Vida Mockname-Tarn", "probation/eastside/victim_liaison"},
        {"prison", "Owen Notional-Garth", "prison/stonebridge-example/omu"},
        {"governor", "Greta Invented-Keep", "prison/stonebridge-example/governor"},
        {"coordinator", "Cora Imaginary-Quay", "coordination/unit/coordinator", "enhanced"},
        {"chair", "Charis Pretend-Weir", "coordination/unit/chair", "enhanced"},
    };
    return people;
}

std::string passphrase_of(const std::string& name) { return "rehearsal only: " + name; }

World::World(std::filesystem::path programs, std::filesystem::path dir)
    : programs_(std::move(programs)), dir_(std::move(dir))
{
    std::filesystem::create_directories(dir_ / "devices");
    std::filesystem::permissions(dir_, std::filesystem::perms::owner_all);
}

std::string World::typed(const std::string& who, const std::vector<std::string>& arguments)
{
    std::string out = who == "hub" ? "satchel-hub" : "satchel";
    for (const auto& a : arguments) {
        const bool plain = !a.empty() && a.find_first_of(" '\"$*?;&|<>()\n") == std::string::npos;
        out += " " + (plain ? a : "'" + a + "'");
    }
    return out;
}

Answer World::answer(const std::string& who, Invocation invocation, const std::vector<std::string>& shown)
{
    if (listener_.command)
        listener_.command(who, shown);
    const auto finished = run(invocation);
    Answer out{finished.exit_code, parse_output(finished.out), finished.err, finished.took};
    if (listener_.answered)
        listener_.answered(who, out);
    return out;
}

Answer World::hub(std::vector<std::string> arguments, const std::string& input)
{
    Invocation what;
    what.program = programs_ / "satchel-hub";
    what.arguments = {"--dir", hub_dir().string(), "--json", "--passphrase-fd", "3"};
    what.arguments.insert(what.arguments.end(), arguments.begin(), arguments.end());
    what.input = input;
    what.passphrase = passphrase_of("hub");
    return answer("hub", std::move(what), arguments);
}

Invocation World::on_device(const std::string& name, const std::vector<std::string>& arguments) const
{
    Invocation what;
    what.program = programs_ / "satchel";
    what.arguments = {"--profile", profile(name).string(), "--json", "--passphrase-fd", "3"};
    if (const auto clock = clocks_.find(name); clock != clocks_.end())
        what.arguments.push_back("--clock-offset=" + clock->second);
    what.arguments.insert(what.arguments.end(), arguments.begin(), arguments.end());
    what.passphrase = passphrase_of(name);
    return what;
}

void World::unlock(const std::string& name)
{
    auto& held = unlocked_[name];
    if (!held.running())
        held = Background(on_device(name, {"serve"}));
}

void World::set_clock(const std::string& name, const std::string& offset)
{
    unlocked_.erase(name);
    clocks_[name] = offset;
}

Answer World::device(const std::string& name, std::vector<std::string> arguments, const std::string& input)
{
    if (arguments.front() != "enrol")
        unlock(name);
    return ask(name, arguments, input);
}

Answer World::ask(const std::string& name, const std::vector<std::string>& arguments, const std::string& input)
{
    auto what = on_device(name, arguments);
    what.input = input;
    return answer(name, std::move(what), arguments);
}

Answer World::sync(const std::string& name) { return sync_through(name, address_); }

Answer World::sync_through(const std::string& name, const std::string& address)
{
    return device(name, {"sync", "run", "--hub", address});
}

void World::create_hub()
{
    const auto answer = hub({"init", "--area", "Exampleshire", "--kdf", "floor"});
    if (!answer.ok())
        unexpected("the hub was not made", answer);
}

std::string World::user_of(const std::string& name) const
{
    std::ifstream file(dir_ / (name + ".user"));
    std::string user;
    file >> user;
    return user;
}

void World::create_people(const std::vector<std::string>& names)
{
    for (const auto& who : cast()) {
        if (std::find(names.begin(), names.end(), who.name) == names.end())
            continue;
        const auto answer =
            hub({"user", "add", "--name", who.person, "--hat", who.hat, "--vetting", who.vetting});
        if (!answer.ok())
            unexpected("no user " + who.name, answer);
        std::ofstream(dir_ / (who.name + ".user")) << answer.text("user") << "\n";
    }
}

Answer World::import(const std::string& ndjson) { return hub({"import", "-"}, ndjson); }

void World::assign(const std::string& ref, const std::vector<std::string>& names)
{
    for (const auto& name : names) {
        const auto answer = hub({"assign", "--case", ref, "--user", user_of(name)});
        if (!answer.ok())
            unexpected("not assigned: " + name, answer);
    }
}

void World::enrol(const std::vector<std::string>& names)
{
    for (const auto& name : names) {
        const auto file = dir_ / (name + ".enrolment");
        auto made = hub({"enrolment", "create", "--user", user_of(name), "--out", file.string(), "--address", address_});
        if (!made.ok())
            unexpected("no enrolment for " + name, made);
        const auto enrolled = device(name, {"enrol", "--enrolment", file.string(), "--hub", address_, "--kdf", "floor"});
        std::filesystem::remove(file);
        if (!enrolled.ok())
            unexpected("not enrolled: " + name, enrolled);
    }
}

World World::copy(const std::filesystem::path& dir)
{
    lock_devices();
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir.parent_path());
    std::filesystem::copy(dir_, dir, std::filesystem::copy_options::recursive);
    World out(programs_, dir);
    out.clocks_ = clocks_;
    out.listener_ = listener_;
    return out;
}

void World::serve(const std::string& listen, const std::vector<std::string>& under)
{
    Invocation what;
    what.program = programs_ / "satchel-hub";
    what.arguments = {"--dir", hub_dir().string(), "--json", "--passphrase-fd", "3", "serve", "--listen", listen};
    what.passphrase = passphrase_of("hub");
    what.limit = std::chrono::seconds(30);
    what = under_another(std::move(what), under);
    hub_ = Background(what);
    address_ = demo::text(parse_output(hub_.first_line()), "address");
    if (address_.empty())
        throw std::runtime_error("the hub did not say where it listens: " + hub_.first_line());
}

int World::stop() { return hub_.stop(); }

std::string World::record(const std::string& name, const std::string& ref, const std::string& type,
                          const std::vector<std::string>& options)
{
    std::vector<std::string> arguments{"record", "new", type, "--case", ref};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const auto answer = device(name, arguments);
    if (!answer.ok() || answer.text("record").empty())
        unexpected(name + " could not save " + type, answer);
    return answer.text("record");
}

Answer World::edit(const std::string& name, const std::string& record, const std::vector<std::string>& options)
{
    std::vector<std::string> arguments{"record", "edit", record};
    arguments.insert(arguments.end(), options.begin(), options.end());
    auto answer = device(name, arguments);
    if (!answer.ok())
        unexpected(name + " could not save the edit", answer);
    return answer;
}

std::vector<json::value> World::records(const std::string& name, const std::string& ref, const std::string& type)
{
    const auto shown = device(name, {"case", "show", ref});
    std::vector<json::value> out;
    const auto list = shown.at("records");
    if (list.is_array())
        for (const auto& record : list.as_array())
            if (demo::text(record, "type") == type)
                out.push_back(record);
    return out;
}

std::string World::find_record(const std::string& name, const std::string& ref, const std::string& type)
{
    const auto found = records(name, ref, type);
    return found.empty() ? std::string() : demo::text(found.front(), "id");
}

std::vector<json::value> World::tasks(const std::string& name)
{
    const auto list = device(name, {"task", "list"}).at("tasks");
    std::vector<json::value> out;
    if (list.is_array())
        out.assign(list.as_array().begin(), list.as_array().end());
    return out;
}

}  // namespace satchel::demo
