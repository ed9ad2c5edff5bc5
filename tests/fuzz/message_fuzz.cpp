// The body of every message in both directions, under the limits with which it is decoded. The first byte is the type.
#include "schema/wire/archive.hpp"
#include "sync/core/messages.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace satchel::fuzz {
namespace {

using namespace sync;
using schema::wire::ArchiveLimits;

template <class M>
void try_body(ByteView body, ArchiveLimits limits = {})
{
    const auto message = schema::wire::unpack<M>(body, limits);
    if (!message) {
        promise(message.error().code == Errc::malformed || message.error().code == Errc::too_large,
                "a message that is refused is malformed or too large");
        return;
    }
    const auto again = schema::wire::pack(*message);
    promise(again.size() == body.size() && std::equal(again.begin(), again.end(), body.begin()),
            "a message has one encoding");
}

}  // namespace

void run(ByteView input)
{
    if (input.empty())
        return;
    const auto body = input.subspan(1);
    switch (static_cast<MessageType>(input.front())) {
    case MessageType::hello:
        return try_body<Hello>(body, {.elements = case_cursors_max + 16, .depth = 4});
    case MessageType::new_incarnation:
        return try_body<NewIncarnation>(body, {.elements = incarnations_max + 16, .depth = 4});
    case MessageType::push:
        return try_body<Push>(body);
    case MessageType::pull:
        return try_body<Pull>(body);
    case MessageType::credit:
        return try_body<Credit>(body);
    case MessageType::removed:
        return try_body<Removed>(body);
    case MessageType::recall:
        return try_body<Recall>(body, {.elements = recall_points_max + 16, .depth = 4});
    case MessageType::hello_ack:
        return try_body<HelloAck>(body);
    case MessageType::policy:
        return try_body<PolicyMessage>(body);
    case MessageType::policy_and_agencies:
        return try_body<PolicyAndAgencies>(body, {.elements = agencies_max, .depth = 4});
    case MessageType::receipt:
        return try_body<Receipt>(body);
    case MessageType::page:
        return try_body<Page>(body);
    case MessageType::pulled:
        return try_body<Pulled>(body);
    case MessageType::remove:
        return try_body<Remove>(body);
    case MessageType::refusal:
        return try_body<Refusal>(body);
    case MessageType::enrol_request:
        return try_body<EnrolRequest>(body);
    case MessageType::enrol_answer:
        return try_body<EnrolAnswer>(body);
    case MessageType::bye:
        break;  // has no body
    }
}

}  // namespace satchel::fuzz
