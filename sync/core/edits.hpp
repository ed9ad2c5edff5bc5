// How an edit is judged: admissible, excepted by the agreement, the author's to decide, merged. Inside reconcile only.
#pragma once

#include "sync/core/judging.hpp"

namespace satchel::sync::judging {

[[nodiscard]] std::optional<Ruling> value_refusal(const Bench& b);
[[nodiscard]] std::optional<Ruling> reason_refusal(const Bench& b);

// An approval names the version it approves; any later change voids it (G-X-3, L1-250).
[[nodiscard]] std::optional<Ruling> stale_approval(const Bench& b);
[[nodiscard]] std::optional<Ruling> transition_ruling(const Bench& b);

// Does the change move the field as a rule about rank says? An empty rank meets every change.
[[nodiscard]] bool rank_holds(const Bench& b, schema::Redirect::Rank rank, schema::FieldId of);

// Exceptions to plain ownership, as the policy declares them.
[[nodiscard]] std::optional<Ruling> redirected(const Bench& b);

enum class Standing : std::uint8_t { authorised, before_handover, none };
[[nodiscard]] Standing standing(const Bench& b);

// In a list to which many add, each keeps what is theirs: the record's supplier is not the supplier of what others added to it
// (L1-264).
[[nodiscard]] bool each_keeps_its_own(const Bench& b);
// Sets: anyone who may contribute adds their own elements; only supplier or owner takes one out.
[[nodiscard]] Ruling element_ruling(const Bench& b);
[[nodiscard]] Ruling set_ruling(const Bench& b);

// What happened is never refused (promise 6).
[[nodiscard]] Ruling event_ruling(const Bench& b);

}  // namespace satchel::sync::judging
