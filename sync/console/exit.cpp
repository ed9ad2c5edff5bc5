#include "sync/console/exit.hpp"

#include <algorithm>

namespace satchel::console {

Exit graver(Exit a, Exit b) noexcept
{
    return std::max(a, b);  // the numbers were chosen in the order of weight
}

Exit exit_of(Errc code) noexcept
{
    switch (code) {
    case Errc::invalid_argument:
    case Errc::malformed:
    case Errc::too_large:
    case Errc::unknown_name:
    case Errc::duplicate:
    case Errc::policy_invalid:
        return Exit::usage;
    case Errc::refused:
        return Exit::refused;
    case Errc::wrong_passphrase:
    case Errc::locked:
        return Exit::locked;
    case Errc::unreachable:
    case Errc::peer_gone:
    case Errc::timed_out:
        return Exit::unreachable;
    case Errc::bad_signature:
    case Errc::bad_certificate:
    case Errc::corrupt:
    case Errc::fork:
    case Errc::wrong_key:
        return Exit::integrity;
    case Errc::not_found:
    case Errc::io_error:
    case Errc::disk_full:
    case Errc::busy:
    case Errc::closed:
    case Errc::protocol_violation:
    case Errc::version_mismatch:
    case Errc::epoch_changed:
    case Errc::access_removed:
    case Errc::bug:
        return Exit::failure;
    }
    return Exit::failure;
}

}  // namespace satchel::console
