// The enrolment file that an administrator hands over, and the hub's address in it.
#include "sync/core/enrolment.hpp"
#include "sync/net/connector.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace satchel::fuzz {

void run(ByteView input)
{
    const auto slip = sync::parse_enrolment_slip(text(input));
    (void)sync::parse_address(text(input));
    if (!slip)
        return;
    (void)sync::parse_address(slip->address);
    const auto written = sync::to_text(*slip);
    const auto again = sync::parse_enrolment_slip(text(written.reveal()));
    promise(again.has_value(), "a slip that was read can be written and read");
    promise(sync::enrolment_name(again->code) == sync::enrolment_name(slip->code), "its code is the same");
    promise(again->address == slip->address && again->hub_uri == slip->hub_uri &&
                again->root_public_hash == slip->root_public_hash && again->user_name == slip->user_name &&
                again->area == slip->area && again->agency == slip->agency && again->expires_at == slip->expires_at,
            "everything else is the same");
}

}  // namespace satchel::fuzz
