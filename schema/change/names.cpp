#include "schema/change/names.hpp"

namespace satchel::schema {

std::string_view name(Op op) noexcept
{
    switch (op) {
    case Op::set:
        return "set";
    case Op::add:
        return "add";
    case Op::remove:
        return "remove";
    case Op::withdraw:
        return "withdraw";
    case Op::resolve:
        return "resolve";
    case Op::task:
        return "task";
    }
    return "";
}

std::string_view name(Resolution how) noexcept
{
    switch (how) {
    case Resolution::none:
    case Resolution::acknowledged:
    case Resolution::done:
        return "";
    case Resolution::accept:
        return "accept";
    case Resolution::amend:
        return "amend";
    case Resolution::decline:
        return "decline";
    case Resolution::choose_a:
        return "choose A";
    case Resolution::choose_b:
        return "choose B";
    case Resolution::both:
        return "both";
    case Resolution::previous:
        return "previous";
    case Resolution::withdrawn:
        return "withdraw";
    case Resolution::comment:
        return "comment";
    case Resolution::escalate:
        return "escalate";
    }
    return "";
}

std::string name(Basis basis, const std::string& source)
{
    switch (basis) {
    case Basis::none:
        return {};
    case Basis::observed:
        return "observed";
    case Basis::self_reported:
        return "self_reported";
    case Basis::verified:
        return "verified:" + source;
    }
    return {};
}

}  // namespace satchel::schema
