// Faults that are in the engine on purpose, so that the simulator can show that it would find them (tests/simulation).
// They exist only in the build `mutants`; everywhere else mutant() is false when compiled and costs nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace satchel {

enum class Mutant : std::uint8_t {
    none,
    // sync/core
    last_writer_wins,     // an edit of something old is applied
    clock_decides,        // of two concurrent edits a clock says which stands
    clock_merges,         // a clock says whether two texts are merged or somebody is asked
    authority_skipped,    // everybody owns everything
    lead_remembered,      // who decided when something was written decides it still
    agreement_remembered, // whoever the agreement of then names decides
    conflict_dropped,     // a conflict is ruled, and waits for nobody
    suggestion_dropped,   // a suggestion is ruled, and waits for nobody
    comment_settles,      // whoever comments on what waits, or passes it up, settles it
    anybody_settles,      // anybody settles what waits
    anybody_withdraws,    // whoever wants a record gone takes it out
    anybody_finishes,     // whoever wants a task gone says that it is done
    done_undone,          // a task that is done is open again for whoever looks at it later
    list_emptied,         // who takes one element out of a list takes out all
    amended_waits,        // what was settled in other words goes on waiting
    task_for_nobody,      // a task is for a role that there is not
    refused_delivered,    // work that was refused whole goes to the others of its audience
    wrong_side_kept,      // what is accepted or chosen stands by its name, and says what the other side said
    line_lost,            // of two texts that are merged a line is lost
    element_lost,         // what is added to a list takes the place of what was added last
    previous_unsigned,    // what an author signs does not say what it follows on
    // sync/hub
    authority_on_device,  // only a device's forecast asks who decides
    conflict_lost_in_crash, // what waits is not read again when the hub begins again
    hidden_counted,       // a cursor counts what its reader may not see
    audience_skipped,     // changesets go to everybody on the case
    audience_kept,        // what somebody may see is evaluated at the first delivery only
    tasks_for_everybody,  // tasks go to people who may not see what they are about
    facts_withheld,       // that probation leads a case is told to nobody
    marks_withheld,       // nor what became stale and what belongs together
    receipt_early,        // a receipt is given though the commit failed
    receipt_too_far,      // a receipt covers one more than the hub holds
    receipt_of_no_log,    // a receipt names a place that the log never had
    barred_work_ruled,    // work of somebody who was barred is ruled on
    revoked_served,       // a revoked device is served like any other
    cursor_reused,        // a lost delivery leaves its number to the next
    cursors_of_epochs_meet, // a hub that was put back counts deliveries on from what it knows of
    copy_believed,        // a hub that was put back takes its own word for what devices hold
    ruling_altered,       // what is written down is not what was ruled
    routed_to_nobody,     // an open item is for a role that nobody has
    routed_past_owner,    // everything is for the co-ordination unit
    cover_not_told,       // nobody is told whose work falls to them
    was_ignored,          // what two copies of a store wrote again is kept twice
    day_portion_lost,     // of a day's work only the first portion is done
    forgotten_unwritten,  // a case that leaves the hub's memory is not written down before
    rulings_unchained,    // the log's chain does not cover what was ruled
    // client
    receipt_not_verified, // whatever looks like a receipt is one
    saved_too_soon,       // "saved" is said though the commit failed
    incarnation_kept,     // a store that was put back goes on where it was
    rewritten_always,     // a store that was put back writes everything again
    not_offered_again,    // after the hub was put back nothing is sent again
    cursor_first,         // a page's cursor is kept before its entries
    reset_ignored,        // a case that comes again is added to what is there
    purged_unsent,        // work of somebody who was barred goes with its case, and is not sealed
    words_left,           // a case goes and leaves own words behind
    // crypto/vault
    commit_not_synced,    // a commit does not wait for the disk
    key_not_given,        // a store is opened without its key
    count,
};

struct MutantName {
    Mutant mutant;
    std::string_view name;
};
inline constexpr std::array mutant_names{
    MutantName{Mutant::last_writer_wins, "last-writer-wins"},
    MutantName{Mutant::clock_decides, "clock-decides"},
    MutantName{Mutant::clock_merges, "clock-merges"},
    MutantName{Mutant::authority_skipped, "authority-skipped"},
    MutantName{Mutant::lead_remembered, "lead-remembered"},
    MutantName{Mutant::agreement_remembered, "agreement-remembered"},
    MutantName{Mutant::conflict_dropped, "conflict-dropped"},
    MutantName{Mutant::suggestion_dropped, "suggestion-dropped"},
    MutantName{Mutant::comment_settles, "comment-settles"},
    MutantName{Mutant::anybody_settles, "anybody-settles"},
    MutantName{Mutant::anybody_withdraws, "anybody-withdraws"},
    MutantName{Mutant::anybody_finishes, "anybody-finishes"},
    MutantName{Mutant::done_undone, "done-undone"},
    MutantName{Mutant::list_emptied, "list-emptied"},
    MutantName{Mutant::amended_waits, "amended-waits"},
    MutantName{Mutant::task_for_nobody, "task-for-nobody"},
    MutantName{Mutant::refused_delivered, "refused-delivered"},
    MutantName{Mutant::wrong_side_kept, "wrong-side-kept"},
    MutantName{Mutant::line_lost, "line-lost"},
    MutantName{Mutant::element_lost, "element-lost"},
    MutantName{Mutant::previous_unsigned, "previous-unsigned"},
    MutantName{Mutant::authority_on_device, "authority-on-device"},
    MutantName{Mutant::conflict_lost_in_crash, "conflict-lost-in-crash"},
    MutantName{Mutant::hidden_counted, "hidden-counted"},
    MutantName{Mutant::audience_skipped, "audience-skipped"},
    MutantName{Mutant::audience_kept, "audience-kept"},
    MutantName{Mutant::tasks_for_everybody, "tasks-for-everybody"},
    MutantName{Mutant::facts_withheld, "facts-withheld"},
    MutantName{Mutant::marks_withheld, "marks-withheld"},
    MutantName{Mutant::receipt_early, "receipt-early"},
    MutantName{Mutant::receipt_too_far, "receipt-too-far"},
    MutantName{Mutant::receipt_of_no_log, "receipt-of-no-log"},
    MutantName{Mutant::barred_work_ruled, "barred-work-ruled"},
    MutantName{Mutant::revoked_served, "revoked-served"},
    MutantName{Mutant::cursor_reused, "cursor-reused"},
    MutantName{Mutant::cursors_of_epochs_meet, "cursors-of-epochs-meet"},
    MutantName{Mutant::copy_believed, "copy-believed"},
    MutantName{Mutant::ruling_altered, "ruling-altered"},
    MutantName{Mutant::routed_to_nobody, "routed-to-nobody"},
    MutantName{Mutant::routed_past_owner, "routed-past-owner"},
    MutantName{Mutant::cover_not_told, "cover-not-told"},
    MutantName{Mutant::was_ignored, "was-ignored"},
    MutantName{Mutant::day_portion_lost, "day-portion-lost"},
    MutantName{Mutant::forgotten_unwritten, "forgotten-unwritten"},
    MutantName{Mutant::rulings_unchained, "rulings-unchained"},
    MutantName{Mutant::receipt_not_verified, "receipt-not-verified"},
    MutantName{Mutant::saved_too_soon, "saved-too-soon"},
    MutantName{Mutant::incarnation_kept, "incarnation-kept"},
    MutantName{Mutant::rewritten_always, "rewritten-always"},
    MutantName{Mutant::not_offered_again, "not-offered-again"},
    MutantName{Mutant::cursor_first, "cursor-first"},
    MutantName{Mutant::reset_ignored, "reset-ignored"},
    MutantName{Mutant::purged_unsent, "purged-unsent"},
    MutantName{Mutant::words_left, "words-left"},
    MutantName{Mutant::commit_not_synced, "commit-not-synced"},
    MutantName{Mutant::key_not_given, "key-not-given"},
};
static_assert(mutant_names.size() + 1 == static_cast<std::size_t>(Mutant::count));

#ifdef SATCHEL_MUTANTS
inline Mutant active_mutant = Mutant::none;
[[nodiscard]] inline bool mutant(Mutant which) noexcept { return active_mutant == which; }
#else
[[nodiscard]] constexpr bool mutant(Mutant) noexcept { return false; }
#endif

}  // namespace satchel
