// The handshake, acknowledgement, incarnation and restore protocol (docs/PROTOCOL.md) at a small scope: one hub, one
// store of a device and a copy of it, WORK changesets. tests/model/check searches every order of events. Which code
// each process stands for, and what is left out: docs/testing/simulator.md.
//
// A changeset is a number from 1 to 3: its content. The chain of an incarnation is one byte, two bits for each place.
// Digests are chained, so a point of a chain is known by the chain up to it, and two points are the same when the
// bytes are. A changeset that was written again has the number of the first of its kind: that is its `was`.
#ifndef WORK
#define WORK 2  // changesets ever saved; at most 3
#endif
#ifndef CUTS
#define CUTS 1  // connections that die
#endif
#ifndef COPIES
#define COPIES 1  // copies of the device's store
#endif
#ifndef HUB_RESTORES
#define HUB_RESTORES 1
#endif
#define INCS 10  // incarnations 1 to 9; the model asserts that they suffice

#define LEN(c) ((c) == 0 -> 0 : ((c) < 4 -> 1 : ((c) < 16 -> 2 : 3)))
#define UP_TO(c, n) ((c) & ((1 << (2 * (n))) - 1))
#define AT(c, n) (((c) >> (2 * (n) - 2)) & 3)
#define BIT(n) (1 << (n))
#define HAS(c, k) (AT(c, 1) == (k) || AT(c, 2) == (k) || AT(c, 3) == (k))

// Of the rows of a store (client/store): saved, received, replaced by a row of its own, or by what only another life of it
// has. What was ruled is received, too.
#define saved 0
#define received 1
#define replaced 2
#define elsewhere 3

mtype = { hello, new_incarnation, recall, push, pull, hello_ack, receipt, page, gone };
mtype = { idle, greeting, renaming, recalling, catching_up, sending, receiving };

typedef Store {
    byte chain[INCS];
    byte rows[INCS];   // their states, at the places of the chain
    short had;         // the incarnations that this store has had
    byte present;
    byte upto;         // receipts of the present incarnation
    byte history       // the hub's epoch as last heard of
};

// What is durable. The second store is a copy of the first: it waits, and is put back or comes into use beside it.
Store store[2];
bool in_use[2];
bool owes[2];   // a session has yet to come to its end with nothing left to send

// What dies with a connection.
mtype phase[2] = idle;
short gaps[2];  // incarnations to recall
byte word[2];   // the hub's word for the present one, if it is more than there are receipts for

// The hub's tables: chain, and whether it knows the incarnation, and goes on with it.
byte hub[INCS];
short known;
short closed;
byte epoch;
byte kept_hub[INCS];
short kept_known;
short kept_closed;
bool hub_kept;

// A session at the hub. `admitted` is the incarnation it was admitted under.
byte admitted[2];
bool may_push[2];

// Requests and answers: never more than one of each on its way on one connection. A request of a dead connection may
// have reached the hub and wait for its commit.
chan up[2] = [1] of { mtype, byte, short, byte };
chan down[2] = [1] of { mtype, short, byte, byte };
chan late = [1] of { mtype, byte, short, byte };

byte fresh = 2;   // the next incarnation: ids are random, so none is ever given twice
byte made;        // changesets saved so far
byte first_in[4]; // the incarnation in which each was saved first

// What only the properties know.
byte given;         // changesets that a receipt was ever sent for
byte hub_lost;      // changesets that a restore of the hub took away
byte vouched[INCS];  // how far the present history has signed for each chain
byte cuts = CUTS;
byte copies = COPIES;
byte restores = HUB_RESTORES;

hidden byte i, j, k, n, up_to, one, another;
hidden short set;
hidden byte yes, goes_on, agrees;

// --- Properties --------------------------------------------------------------------------------------------------------

// Nothing counts as received without a receipt of the hub's present history, and the hub holds what it signed for. A
// device that has not heard of a restore yet still believes the old history.
inline honest(s)
{
    if
    :: store[s].history == epoch ->
        for (i : 1 .. INCS - 1) {
            for (j : 1 .. 3) {
                if
                :: AT(store[s].chain[i], j) != 0 && AT(store[s].rows[i], j) == received ->
                    assert(j <= vouched[i]);
                    assert(UP_TO(hub[i], j) == UP_TO(store[s].chain[i], j))
                :: else
                fi
            }
        }
    :: else
    fi
}

// Nothing is kept twice, also when two copies of a store are in use at one time, find that the other has not written a
// changeset again, and both write it.
inline once()
{
    for (k : 1 .. WORK) {
        n = 0;
        for (i : 1 .. INCS - 1) {
            n = n + HAS(hub[i], k)
        }
        assert(n <= 1)
    }
}

// When nothing can happen any more: queues are empty, what a store in use holds is at the hub, and what a receipt was
// given for is missing only where a restore of the hub and a restore of the device both took it.
proctype Quiet()
{
    timeout;
    d_step {
        for (n : 0 .. 1) {
            if
            :: in_use[n] ->
                assert(phase[n] == idle);
                assert(store[n].history == epoch);
                honest(n);
                for (i : 1 .. INCS - 1) {
                    for (j : 1 .. 3) {
                        assert(AT(store[n].chain[i], j) == 0 || AT(store[n].rows[i], j) != saved)
                    }
                }
            :: else
            fi
        }
        for (k : 1 .. WORK) {
            yes = false;
            for (i : 1 .. INCS - 1) {
                yes = yes || HAS(hub[i], k)
            }
            if
            :: k <= made && !yes ->
                for (i : 1 .. INCS - 1) {
                    assert(!in_use[0] || !HAS(store[0].chain[i], k));
                    assert(!in_use[1] || !HAS(store[1].chain[i], k))
                }
                assert(!(given & BIT(k)) || (hub_lost & BIT(k)))
            :: else
            fi
        }
    }
}

// --- Hub ---------------------------------------------------------------------------------------------------------------

#ifdef MUTANT_EARLY_RECEIPT
#define COMMITS_FIRST (len(late) > 0)
#else
#define COMMITS_FIRST true
#endif
#define is_open(inc) ((known & BIT(inc)) && !(closed & BIT(inc)))

// sync/hub/commit.cpp, PushCommit: what is there already is compared, the rest is taken. `up_to` is 0 when it was not.
inline commit_push(inc, chain, first)
{
    printf("hub: push of incarnation %d from %d\n", inc, first);
    up_to = 0;
    n = LEN(hub[inc]);
    k = (n < LEN(chain) -> n : LEN(chain));
    if
    :: !is_open(inc) || first > n + 1
    :: is_open(inc) && first <= n + 1 && UP_TO(hub[inc], first - 1) != UP_TO(chain, first - 1)  // the signature fails
    :: is_open(inc) && first <= n + 1 && UP_TO(hub[inc], first - 1) == UP_TO(chain, first - 1) &&
        UP_TO(hub[inc], k) != UP_TO(chain, k) ->
        printf("hub: a fork\n");
        closed = closed | BIT(inc)
    :: else ->
        k = AT(chain, LEN(chain));
        yes = false;
#ifndef MUTANT_WAS_IGNORED
        for (i : 1 .. INCS - 1) {  // sync/hub/written_again.cpp: of what says what it was
            yes = yes || (LEN(chain) > n && first_in[k] != inc && HAS(hub[i], k))
        }
#endif
        if
        :: yes ->
            printf("hub: %d is here\n", k);
            closed = closed | BIT(inc)
        :: !yes && LEN(chain) > n ->
            printf("hub: keeps %d\n", k);
            hub[inc] = chain;
            once()
        :: !yes && LEN(chain) <= n
        fi;
        up_to = (yes -> 0 : LEN(hub[inc]))
    fi
}

// sync/hub/service.cpp, incarnation_job
inline commit_incarnation(inc, former)
{
    assert(!(known & BIT(inc)));
#ifndef MUTANT_LEFT_OPEN
#ifdef MUTANT_UNKNOWN_LEFT_OPEN
    closed = closed | (former & known);
#else
    closed = closed | former;  // also one that has not begun yet: it never will
#endif
#endif
    known = known | BIT(inc);
    printf("hub: incarnation %d begins\n", inc)
}

inline sign(inc, to)
{
    printf("hub: receipt for incarnation %d up to %d\n", inc, to);
    vouched[inc] = (to > vouched[inc] -> to : vouched[inc]);
    for (k : 1 .. 3) {
        if
        :: k <= to -> given = given | BIT(AT(hub[inc], k))
        :: else
        fi
    }
}

inline answer(d)
{
    if
    :: up[d] ? hello(one, set, another) ->  // sync/hub/admission.cpp: `set` is the chain
        n = LEN(hub[one]);
        k = LEN(set);
        goes_on = is_open(one) && (k > n || (k == n && hub[one] == set));
        admitted[d] = one;
        may_push[d] = goes_on;
        printf("hub: hello-ack to %d: incarnation %d, open %d, holds %d\n", d, one, goes_on, n);
        down[d] ! hello_ack(goes_on, hub[one], epoch)
    :: up[d] ? new_incarnation(one, set, another) ->
        if
        :: admitted[d] == 0 || (closed & BIT(one)) -> down[d] ! gone(0, 0, 0)
        :: else ->
            commit_incarnation(one, set);
            admitted[d] = one;
            may_push[d] = true;
            down[d] ! hello_ack(true, 0, epoch)
        fi
    :: up[d] ? recall(one, set, another) ->  // sync/hub/recall.cpp: points from `another` to the end of `set`
        up_to = 0;
        for (k : 1 .. 3) {
            if
            :: k >= another && k <= LEN(set) && k <= LEN(hub[one]) && UP_TO(hub[one], k) == UP_TO(set, k) -> up_to = k
            :: else
            fi
        }
        if
        :: admitted[d] == 0 -> down[d] ! gone(0, 0, 0)
        :: else ->
            sign(one, up_to);
            down[d] ! receipt(one, UP_TO(hub[one], up_to), epoch)
        fi
    :: up[d] ? push(one, set, another) ->
        up_to = 0;
        if
        :: admitted[d] == one && may_push[d] && COMMITS_FIRST -> commit_push(one, set, another)
        :: admitted[d] == one && may_push[d] && !COMMITS_FIRST ->  // the receipt goes out, the commit comes when it comes
            late ! push(one, set, another);
            vouched[one] = LEN(set);
            for (k : 1 .. LEN(set)) {
                given = given | BIT(AT(set, k))
            }
            down[d] ! receipt(one, set, epoch)
        :: else
        fi;
        if
        :: nempty(down[d]) -> skip
        :: empty(down[d]) && up_to == 0 -> down[d] ! gone(0, 0, 0)
        :: empty(down[d]) && up_to != 0 ->
            sign(one, up_to);
            down[d] ! receipt(one, hub[one], epoch)
        fi
    :: up[d] ? pull(one, set, another) ->  // under which incarnation each changeset is there, and the chain that goes on
        if
        :: admitted[d] == 0 -> down[d] ! gone(0, 0, 0)
        :: else ->
            set = 0;
            for (i : 1 .. INCS - 1) {
                for (k : 1 .. WORK) {
                    set = set | (HAS(hub[i], k) -> i << (4 * (k - 1)) : 0)
                }
            }
            down[d] ! page(set, hub[admitted[d]], epoch)
        fi
    fi
}

proctype Hub()
{
end:
    do
    :: d_step { nempty(up[0]) && empty(down[0]) -> answer(0) }
    :: d_step { nempty(up[1]) && empty(down[1]) -> answer(1) }
    :: d_step {
        nempty(late) ->
        if
        :: late ? push(one, set, another) -> commit_push(one, set, another)
        :: late ? new_incarnation(one, set, another) ->
            if
            :: closed & BIT(one)
            :: else -> commit_incarnation(one, set)
            fi
        fi
    }
    od
}

// --- Device ------------------------------------------------------------------------------------------------------------

#define chain_of(s) store[s].chain[store[s].present]
#define rows_of(s) store[s].rows[store[s].present]

inline append(s, what)
{
    n = LEN(chain_of(s));
    assert(n < 3);
    chain_of(s) = chain_of(s) | (what << (2 * n))
}

inline set_row(s, inc, at, state)
{
    store[s].rows[inc] = (store[s].rows[inc] & (255 - (3 << (2 * (at) - 2)))) | ((state) << (2 * (at) - 2))
}

#define is_saved(s, inc, at) (AT(store[s].chain[inc], at) != 0 && AT(store[s].rows[inc], at) == saved)
#define has_saved(s, inc) (is_saved(s, inc, 1) || is_saved(s, inc, 2) || is_saved(s, inc, 3))

// Into `set`: the incarnations before the present one that hold work without a receipt.
inline unsent_of_former(s)
{
    set = 0;
    for (i : 1 .. INCS - 1) {
        set = set | ((store[s].had & BIT(i)) && i != store[s].present && has_saved(s, i) -> BIT(i) : 0)
    }
}

// DeviceStore::begin_incarnation: durable before anybody hears of it.
inline take_incarnation(s)
{
    assert(fresh < INCS);
    store[s].present = fresh;
    store[s].had = store[s].had | BIT(fresh);
    store[s].upto = 0;
    printf("store %d: takes incarnation %d\n", s, fresh);
    fresh++
}
inline rename(s)
{
    take_incarnation(s);
    up[s] ! new_incarnation(store[s].present, store[s].had - BIT(store[s].present), 0);
    phase[s] = renaming
}

inline end_session(s)
{
    printf("store %d: the session ends\n", s);
    phase[s] = idle;
    gaps[s] = 0;
    word[s] = 0
}

// DeviceStore::accept_receipt
inline count_received(s, inc, to)
{
    for (j : 1 .. 3) {
        if
        :: j <= to && is_saved(s, inc, j) -> set_row(s, inc, j, received)
        :: else
        fi
    }
    if
    :: inc == store[s].present && to > store[s].upto -> store[s].upto = to
    :: else
    fi
}

// DeviceSession::send_more. A push holds one changeset: see docs/testing/simulator.md.
inline send_more(s)
{
    if
    :: store[s].upto < LEN(chain_of(s)) ->
        up[s] ! push(store[s].present, UP_TO(chain_of(s), store[s].upto + 1), store[s].upto + 1);
        phase[s] = sending
    :: else ->
        up[s] ! pull(0, 0, 0);
        phase[s] = receiving
    fi
}

// DeviceSession::recall_next and nothing_to_recall
inline recall_next(s)
{
    phase[s] = recalling;
    one = 0;
    for (i : 1 .. INCS - 1) {
        one = (one == 0 && (gaps[s] & BIT(i)) -> i : one)
    }
    if
    :: one != 0 ->
        n = 0;
        k = 0;
        for (j : 1 .. 3) {
            n = (n == 0 && is_saved(s, one, j) -> j : n);
            k = (is_saved(s, one, j) -> j : k)
        }
        up[s] ! recall(one, UP_TO(store[s].chain[one], k), n)
    :: one == 0 && word[s] != 0 ->
        up[s] ! recall(store[s].present, UP_TO(chain_of(s), word[s]), word[s])
    :: else ->
        unsent_of_former(s);
        if
        :: set == 0 -> send_more(s)
        :: set != 0 && chain_of(s) != 0 -> rename(s)
        :: else ->
            up[s] ! pull(0, 0, 0);
            phase[s] = catching_up
        fi
    fi
}

// DeviceStore::rewrite_unsent
inline rewrite(s)
{
    for (i : 1 .. INCS - 1) {
        for (j : 1 .. 3) {
            if
            :: (store[s].had & BIT(i)) && i != store[s].present && is_saved(s, i, j) ->
                k = AT(store[s].chain[i], j);
                if
                :: HAS(chain_of(s), k)
                :: else ->
                    printf("store %d: writes %d again\n", s, k);
                    append(s, k)
                fi;
                set_row(s, i, j, replaced)
            :: else
            fi
        }
    }
}

// DeviceSession::on_hello_ack: `goes_on`, what the hub holds in `another`, its epoch in `k`.
inline on_hello_ack(s)
{
    n = LEN(another);
    agrees = n <= LEN(chain_of(s)) && UP_TO(chain_of(s), n) == another;
    if
    :: store[s].history != k ->  // DeviceStore::hub_restored
        printf("store %d: hears of a restored hub\n", s);
        store[s].history = k;
#ifndef MUTANT_OLD_RECEIPTS
        store[s].upto = 0;
        for (i : 1 .. INCS - 1) {
            for (j : 1 .. 3) {
                if
                :: AT(store[s].rows[i], j) == received -> set_row(s, i, j, saved)
#ifndef MUTANT_LEFT_REPLACED
                :: AT(store[s].rows[i], j) == elsewhere -> set_row(s, i, j, saved)  // nobody may have that any more
#endif
                :: else
                fi
            }
        }
#endif
    :: else
    fi;
#ifdef MUTANT_REUSE
    goes_on = true;
    agrees = true;
#endif
    if
    :: goes_on && agrees ->
        unsent_of_former(s);
        gaps[s] = set;
        n = LEN(another);
#ifdef MUTANT_TRUST_WORD
        count_received(s, store[s].present, n);
#else
        word[s] = (n > store[s].upto -> n : 0);
#endif
        honest(s);
#ifdef MUTANT_NO_RECALL
        gaps[s] = 0;
#endif
        recall_next(s)
    :: !(goes_on && agrees) && phase[s] == renaming -> end_session(s)
    :: else -> rename(s)
    fi
}

// A receipt for `one` up to all of `another`, of the history `k`.
inline on_receipt(s)
{
    n = LEN(another);
    if
    :: k != store[s].history || UP_TO(store[s].chain[one], n) != another -> end_session(s)
    :: else ->
        up_to = n;
        count_received(s, one, up_to);
        honest(s);
        if
        :: phase[s] == recalling ->
            if
            :: gaps[s] & BIT(one) -> gaps[s] = gaps[s] - BIT(one)
            :: else -> word[s] = 0
            fi;
            recall_next(s)
        :: else -> send_more(s)
        fi
    fi
}

// `set`: the incarnation under which each changeset is there; `another` is what is there of the present one.
inline on_page(s)
{
    n = LEN(another);
    if
    :: UP_TO(chain_of(s), n) != another ->  // own work that is not here: ApplyPage::take_own
        take_incarnation(s);
        end_session(s)
    :: else ->
#ifndef MUTANT_NO_WAS
        for (i : 1 .. INCS - 1) {  // DeviceStore::recognise
            for (j : 1 .. 3) {
                k = AT(store[s].chain[i], j);
                n = (k != 0 -> (set >> (4 * (k - 1))) & 15 : 0);
                if
                :: is_saved(s, i, j) && n != 0 && n != i ->
                    printf("store %d: finds that %d is there under incarnation %d\n", s, k, n);
                    set_row(s, i, j, (HAS(store[s].chain[n], k) -> replaced : elsewhere))
                :: n == i && AT(store[s].rows[i], j) >= replaced -> set_row(s, i, j, saved)  // ApplyPage::rule_own
                :: else
                fi
            }
        }
#endif
        if
        :: phase[s] == catching_up ->
            rewrite(s);
            send_more(s)
        :: else ->
            owes[s] = store[s].history != epoch;  // a device connects again and again, so that it hears of it some time
            for (i : 1 .. INCS - 1) {
                owes[s] = owes[s] || has_saved(s, i)
            }
            end_session(s)
        fi
    fi
}

proctype Device(bool s)
{
end:
    do
    :: d_step {
        in_use[s] && phase[s] == idle && owes[s] ->
        printf("store %d: hello\n", s);
        up[s] ! hello(store[s].present, chain_of(s), 0);
        phase[s] = greeting
    }
    :: d_step {
        nempty(down[s]) && empty(up[s]) ->
        if
        :: down[s] ? hello_ack(goes_on, another, k) -> on_hello_ack(s)
        :: down[s] ? receipt(one, another, k) -> on_receipt(s)
        :: down[s] ? page(set, another, k) -> on_page(s)
        :: down[s] ? gone(_, _, _) -> end_session(s)
        fi
    }
    od
}

// --- What goes wrong, and who works ------------------------------------------------------------------------------------

// What is on its way with a connection goes with it. The caller has moved a request that outlives it to `late`.
inline cut(s)
{
    printf("store %d: cut\n", s);
    if
    :: nempty(up[s]) -> up[s] ? _, _, _, _
    :: empty(up[s])
    fi;
    if
    :: nempty(down[s]) -> down[s] ? _, _, _, _
    :: empty(down[s])
    fi;
    admitted[s] = 0;
    may_push[s] = false;
    end_session(s)
}

#define commits_late(s) (empty(late) && (up[s] ? [push, one, set, another] || up[s] ? [new_incarnation, one, set, another]))

inline outlive(s)
{
    printf("store %d: what it sent last comes to the hub late\n", s);
    if
    :: up[s] ? push(one, set, another) -> late ! push(one, set, another)
    :: up[s] ? new_incarnation(one, set, another) -> late ! new_incarnation(one, set, another)
    fi
}

inline save(s)
{
    made++;
    printf("store %d: %d is saved\n", s, made);
    append(s, made);
    first_in[made] = store[s].present;
    owes[s] = true
}

inline copy_store(to, from)
{
    for (i : 1 .. INCS - 1) {
        store[to].chain[i] = store[from].chain[i];
        store[to].rows[i] = store[from].rows[i]
    }
    printf("store %d is copied to %d\n", from, to);
    store[to].had = store[from].had;
    store[to].present = store[from].present;
    store[to].upto = store[from].upto;
    store[to].history = store[from].history
}

inline put_back()
{
    cut(0);
    copy_store(0, 1);
    owes[0] = true;
    for (i : 1 .. INCS - 1) {
        store[1].chain[i] = 0;
        store[1].rows[i] = 0
    }
    store[1].had = 0;
    store[1].present = 0;
    store[1].upto = 0;
    store[1].history = 0
}

// The operator says `restored` before any device connects: a new epoch begins. What was sent before may still arrive.
inline put_hub_back()
{
    printf("the hub is put back\n");
    epoch++;
    for (k : 1 .. WORK) {
        yes = false;
        agrees = false;
        for (i : 1 .. INCS - 1) {
            yes = yes || HAS(hub[i], k);
            agrees = agrees || HAS(kept_hub[i], k)
        }
        hub_lost = hub_lost | (yes && !agrees -> BIT(k) : 0)
    }
    for (i : 1 .. INCS - 1) {
        hub[i] = kept_hub[i];
        kept_hub[i] = 0;
        vouched[i] = 0
    }
    known = kept_known;
    closed = kept_closed;
    kept_known = 0;
    kept_closed = 0;
    if
    :: nempty(late) -> late ? _, _, _, _
    :: empty(late)
    fi;
    for (n : 0 .. 1) {
        admitted[n] = 0;
        may_push[n] = false;
        owes[n] = in_use[n];
        if
        :: nempty(up[n]) -> up[n] ? _, _, _, _
        :: empty(up[n])
        fi;
        if
        :: empty(down[n]) -> end_session(n)
        :: nempty(down[n])
        fi
    }
    hub_kept = false
}

// It may end at any time: from then on nothing goes wrong any more, and Quiet says what must have become of everything.
proctype World()
{
    do
    :: d_step { made < WORK && in_use[0] -> save(0) }
    :: d_step { made < WORK && in_use[1] -> save(1) }
    :: d_step { cuts > 0 && phase[0] != idle -> cuts--; cut(0) }
    :: d_step { cuts > 0 && phase[1] != idle -> cuts--; cut(1) }
    :: d_step { cuts > 0 && commits_late(0) -> cuts--; outlive(0); cut(0) }
    :: d_step { cuts > 0 && commits_late(1) -> cuts--; outlive(1); cut(1) }
    :: d_step { copies > 0 && store[1].present == 0 -> copies--; copy_store(1, 0) }
#ifndef NO_PUT_BACK
    :: d_step { store[1].present != 0 && !in_use[1] -> put_back() }
    :: d_step { store[1].present != 0 && !in_use[1] && commits_late(0) -> outlive(0); put_back() }
#endif
#ifndef NO_TWO_STORES
    :: d_step { store[1].present != 0 && !in_use[1] -> printf("the copy comes into use\n"); in_use[1] = true; owes[1] = true }
#endif
    :: d_step {
        restores > 0 && !hub_kept ->
        restores--;
        hub_kept = true;
        printf("the hub is copied\n");
        for (i : 1 .. INCS - 1) {
            kept_hub[i] = hub[i]
        }
        kept_known = known;
        kept_closed = closed
    }
    :: d_step { hub_kept -> put_hub_back() }
    :: break
    od
}

init {
    d_step {
        store[0].present = 1;
        store[0].had = BIT(1);
        in_use[0] = true;
        known = BIT(1)
    }
    atomic {
        run Hub();
        run Device(0);
        run Device(1);
        run World();
        run Quiet()
    }
}
