#include "schema/base/result.hpp"

#include <cstdio>
#include <cstdlib>

namespace satchel {

Remedy remedy(Errc code) noexcept
{
    switch (code) {
    case Errc::busy:
    case Errc::timed_out:
    case Errc::peer_gone:
    case Errc::unreachable:
    case Errc::epoch_changed:
        return Remedy::retry;
    case Errc::bad_certificate:
    case Errc::protocol_violation:
    case Errc::version_mismatch:
    case Errc::closed:
        return Remedy::give_up_session;
    case Errc::io_error:
    case Errc::disk_full:
    case Errc::corrupt:
    case Errc::fork:
    case Errc::bad_signature:
    case Errc::wrong_key:
    case Errc::access_removed:
    case Errc::policy_invalid:
        return Remedy::ask_operator;
    case Errc::bug:
        return Remedy::report_bug;
    default:
        return Remedy::fix_input;
    }
}

std::string_view name(Errc code) noexcept
{
    switch (code) {
    case Errc::invalid_argument:
        return "invalid_argument";
    case Errc::malformed:
        return "malformed";
    case Errc::too_large:
        return "too_large";
    case Errc::unknown_name:
        return "unknown_name";
    case Errc::not_found:
        return "not_found";
    case Errc::refused:
        return "refused";
    case Errc::duplicate:
        return "duplicate";
    case Errc::io_error:
        return "io_error";
    case Errc::disk_full:
        return "disk_full";
    case Errc::busy:
        return "busy";
    case Errc::timed_out:
        return "timed_out";
    case Errc::peer_gone:
        return "peer_gone";
    case Errc::unreachable:
        return "unreachable";
    case Errc::closed:
        return "closed";
    case Errc::wrong_passphrase:
        return "wrong_passphrase";
    case Errc::locked:
        return "locked";
    case Errc::bad_signature:
        return "bad_signature";
    case Errc::bad_certificate:
        return "bad_certificate";
    case Errc::corrupt:
        return "corrupt";
    case Errc::fork:
        return "fork";
    case Errc::wrong_key:
        return "wrong_key";
    case Errc::protocol_violation:
        return "protocol_violation";
    case Errc::version_mismatch:
        return "version_mismatch";
    case Errc::epoch_changed:
        return "epoch_changed";
    case Errc::access_removed:
        return "access_removed";
    case Errc::policy_invalid:
        return "policy_invalid";
    case Errc::bug:
        return "bug";
    }
    return "unknown";
}

void check_failed(const char* expression, boost::source_location where) noexcept
{
    std::fprintf(stderr, "satchel: internal check failed: %s at %s:%u\n", expression, where.file_name(),
                 static_cast<unsigned>(where.line()));
    std::abort();
}

}  // namespace satchel
