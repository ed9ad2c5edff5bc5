#include "sync/console/answer.hpp"

namespace satchel::console {
namespace {

struct Phrase {
    std::string_view what;  // a sentence, the detail follows it in the same line
    std::string_view next;
};

Phrase phrase(Errc code)
{
    switch (code) {
    case Errc::invalid_argument:
        return {"That cannot be done as it was written", "Correct it and try again; --help shows an example."};
    case Errc::malformed:
        return {"The input cannot be read", "Correct the place named and try again."};
    case Errc::too_large:
        return {"The input is larger than is allowed", "Make it smaller, or divide it, and try again."};
    case Errc::unknown_name:
        return {"There is no such name",
                "Correct the name and try again; --help and the lists show the names there are."};
    case Errc::not_found:
        return {"Not found: nothing here has that id or name, or you may not see it",
                "Check the id or name; the lists print those that can be used."};
    case Errc::refused:
        return {"A rule does not allow it", "Ask whoever the rule names to do it, or record it in another way."};
    case Errc::duplicate:
        return {"It is there already", "Use the one that is there, or choose another name."};
    case Errc::io_error:
        return {"It could not be read or written", "Check the disk and the rights on the folder, then try again."};
    case Errc::disk_full:
        return {"The disk is full", "Free some space, then try again."};
    case Errc::busy:
        return {"Another command is using the store", "Wait for it to end, then try again."};
    case Errc::timed_out:
        return {"The other side did not answer in time", "Check the connection, then try again."};
    case Errc::peer_gone:
        return {"The connection was cut", "Check the connection, then try again: nothing is sent twice."};
    case Errc::unreachable:
        return {"The hub could not be reached", "Check the network and the address, then try again."};
    case Errc::closed:
        return {"It has been closed", "Start the command again."};
    case Errc::wrong_passphrase:
        return {"The passphrase is wrong", "Try again; check the keyboard layout and capitals."};
    case Errc::locked:
        return {"It is locked", "Give the passphrase at the prompt or with --passphrase-fd."};
    case Errc::bad_signature:
        return {"A signature does not fit what it signs", "Do not trust the data; tell your security officer."};
    case Errc::bad_certificate:
        return {"The other side could not prove who it is",
                "Do not go on; check the address and tell your security officer."};
    case Errc::corrupt:
        return {"Stored data contradicts its proof",
                "Stop using this store and tell your security officer; keep it as it is."};
    case Errc::fork:
        return {"Two different histories carry the same number", "Tell your security officer; both were kept."};
    case Errc::wrong_key:
        return {"The key does not open it",
                "Check that files of different stores were not mixed up; tell your security officer."};
    case Errc::protocol_violation:
        return {"The other side sent something it may not send",
                "Check that both run a current version; tell the operator."};
    case Errc::version_mismatch:
        return {"The versions do not fit together", "Install the newer version of this program, then try again."};
    case Errc::epoch_changed:
        return {"The hub was restored from a copy", "Connect again: what the hub lost is sent to it once more."};
    case Errc::access_removed:
        return {"Access was removed", "Ask your team's administrator."};
    case Errc::policy_invalid:
        return {"The data-sharing policy has errors",
                "Correct the places named; `satchel-hub policy lint` lists them all."};
    case Errc::bug:
        return {"The program met a condition that it should have prevented", "Tell us, with this message."};
    }
    return {"Something went wrong", "Tell us, with this message."};
}

std::string_view safe_words(Errc code, Side side)
{
    const auto exit = exit_of(code);
    if (exit == Exit::usage)
        return side == Side::tool ? "Nothing was changed." : "Nothing was saved or changed.";
    if (exit == Exit::integrity)
        return "Nothing was changed, and nothing was deleted.";
    switch (side) {
    case Side::device:
        return "Everything saved before is still on this device.";
    case Side::hub:
        return "Everything received centrally before is still there.";
    case Side::tool:
        return "Nothing was changed.";
    }
    return {};
}

}  // namespace

ErrorWords words_for(const Error& error, Side side)
{
    const auto [what, next] = phrase(error.code);
    ErrorWords words{std::string(name(error.code)), std::string(what), std::string(safe_words(error.code, side)),
                     std::string(next), exit_of(error.code)};
    if (!error.detail.empty() && error.code != Errc::not_found)
        words.message += ": " + error.detail;
    if (words.message.back() != '.' && words.message.back() != '?')
        words.message += '.';
    return words;
}

Json to_json(const Answer& answer)
{
    Json out = Json::object({{"v", 1}, {"ok", answer.ok}});
    for (const auto& [key, value] : answer.body.members())
        if (key != "v" && key != "ok")
            out[key] = value;
    return out;
}

Json to_json(const ErrorWords& words)
{
    return Json::object(
        {{"v", 1},
         {"ok", false},
         {"error",
          Json::object(
              {{"code", words.code}, {"message", words.message}, {"safe", words.safe}, {"next", words.next}})}});
}

}  // namespace satchel::console
