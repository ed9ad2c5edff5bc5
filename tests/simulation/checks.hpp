// What must hold whenever everything has come to rest, judged from the raw log, the tables of agreement.cpp and what people
// were told: by none of the code that is on trial.
#pragma once

#include "tests/simulation/log_reader.hpp"
#include "tests/simulation/world.hpp"

namespace satchel::simulation {

// I1  every save that was confirmed to somebody is in the hub's log exactly once, and one that failed at most once
// I2  each change has exactly one ruling; what stood in the log stands there still (`before`: at the last rest)
// override  nothing is applied over a value that its author had not seen, and no conflict or suggestion ends by itself (promise 1);
//           what the hub's state says is what the log's rows give
// tasks     a task is what the log's rows say of it: finished by its role, or the co-ordination unit in its stead, and for good
// scope     nothing of somebody who was barred is ruled on
// I3  what became a value was said by somebody whose word decides there; what waited was settled, and what was withdrawn
//     taken out, by such a one
// I4  everybody with one audience has one state, and it is the hub's
// I5  nobody holds what they may not see, nor a case that is not theirs
// I10 every open item is for those who decide, for the co-ordination unit only where none of them is there; every open task
//     is for a role that somebody has
// I7  what each store signed is one chain without a gap, and the log has each place of it once, in the words that were signed
// I8  the log is one chain of hashes; each checkpoint is of its entry and signed, the last of the last, and what devices hold
//     receipts for is there
// I9  no word that was typed lies in clear on a disk (not with the fast store)
// Liveness is the world's to judge (World::settle). I6 is verify's, which is code of the engine: see check_history(). I11 is
// checked by running a schedule twice, I12 by check_outsider().
void check(World& world, const Log& log, const std::optional<Log>& before);

// Its parts in files of their own: I3 and I10 (authority_checks.cpp), override, tasks, the hashes and signatures of I7
// and I8 (proof_checks.cpp), I4 and I5, and I9 (device_checks.cpp).
void check_authority(World& world, const Log& log);
void check_overrides(World& world, const Log& log);
void check_task_log(World& world, const Log& log);
void check_proofs(World& world, const Log& log);
void check_devices(World& world, const Log& log);
void check_plaintext(World& world);

// I12: lets somebody who may not see it synchronise with and without a hidden record, and compares every byte that they
// get. To be called last: the world is not what it was. False: there is nobody to try it with.
bool check_outsider(World& world, Rng& rng);

// The hub's own verify over its whole history, and what it must say: nothing.
void check_history(World& world);

}  // namespace satchel::simulation
