// Which check has to see each fault that can be switched on (schema/base/mutant.hpp): a check that none of them needs has never shown
// that it can fail.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "schema/base/mutant.hpp"

namespace satchel::simulation {

struct SeenBy {
    Mutant mutant;
    std::string_view check;
};
inline constexpr std::array seen_by{
    SeenBy{Mutant::last_writer_wins, "override"},
    SeenBy{Mutant::clock_decides, "override"},
    SeenBy{Mutant::clock_merges, "I11"},
    SeenBy{Mutant::authority_skipped, "I3"},
    SeenBy{Mutant::lead_remembered, "I3"},
    SeenBy{Mutant::agreement_remembered, "I3"},
    SeenBy{Mutant::conflict_dropped, "override"},
    SeenBy{Mutant::suggestion_dropped, "override"},
    SeenBy{Mutant::comment_settles, "override"},
    SeenBy{Mutant::anybody_settles, "I3"},
    SeenBy{Mutant::anybody_withdraws, "I3"},
    SeenBy{Mutant::anybody_finishes, "tasks"},
    SeenBy{Mutant::done_undone, "tasks"},
    SeenBy{Mutant::list_emptied, "override"},
    SeenBy{Mutant::amended_waits, "override"},
    SeenBy{Mutant::task_for_nobody, "I10"},
    SeenBy{Mutant::refused_delivered, "I5"},
    SeenBy{Mutant::wrong_side_kept, "override"},
    SeenBy{Mutant::line_lost, "override"},
    SeenBy{Mutant::element_lost, "override"},
    SeenBy{Mutant::previous_unsigned, "I7"},
    SeenBy{Mutant::authority_on_device, "I3"},
    SeenBy{Mutant::conflict_lost_in_crash, "verify"},
    SeenBy{Mutant::hidden_counted, "I12"},
    SeenBy{Mutant::audience_skipped, "I5"},
    SeenBy{Mutant::audience_kept, "I4"},
    SeenBy{Mutant::tasks_for_everybody, "I5"},
    SeenBy{Mutant::facts_withheld, "I4"},
    SeenBy{Mutant::marks_withheld, "I4"},
    SeenBy{Mutant::receipt_early, "receipt"},
    SeenBy{Mutant::receipt_too_far, "I1"},
    SeenBy{Mutant::receipt_of_no_log, "I8"},
    SeenBy{Mutant::barred_work_ruled, "scope"},
    SeenBy{Mutant::revoked_served, "session"},
    SeenBy{Mutant::cursor_reused, "I4"},
    SeenBy{Mutant::cursors_of_epochs_meet, "I4"},
    SeenBy{Mutant::copy_believed, "I5"},
    SeenBy{Mutant::ruling_altered, "verify"},
    SeenBy{Mutant::routed_to_nobody, "I10"},
    SeenBy{Mutant::routed_past_owner, "I10"},
    SeenBy{Mutant::cover_not_told, "I10"},
    SeenBy{Mutant::was_ignored, "I1"},
    SeenBy{Mutant::day_portion_lost, "day"},
    SeenBy{Mutant::forgotten_unwritten, "override"},
    SeenBy{Mutant::rulings_unchained, "I8"},
    SeenBy{Mutant::receipt_not_verified, "receipt"},
    SeenBy{Mutant::saved_too_soon, "I1"},
    SeenBy{Mutant::incarnation_kept, "session"},
    SeenBy{Mutant::rewritten_always, "liveness"},
    SeenBy{Mutant::not_offered_again, "receipt"},
    SeenBy{Mutant::cursor_first, "I4"},
    SeenBy{Mutant::reset_ignored, "I4"},
    SeenBy{Mutant::purged_unsent, "I1"},
    SeenBy{Mutant::words_left, "I5"},
    SeenBy{Mutant::commit_not_synced, "open"},
    SeenBy{Mutant::key_not_given, "I9"},
};
static_assert(seen_by.size() == mutant_names.size());

[[nodiscard]] constexpr std::string_view check_for(Mutant mutant)
{
    return std::find_if(seen_by.begin(), seen_by.end(), [&](const SeenBy& one) { return one.mutant == mutant; })->check;
}

}  // namespace satchel::simulation
