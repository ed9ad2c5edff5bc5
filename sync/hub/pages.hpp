// What one reader gets of the cases they may work on: runs of entries that they may see, each verifiable alone.
//
// A reader is told neither positions nor gaps: cursors count deliveries, pages end by what is visible in them, and a case
// of which nothing new is visible is not mentioned. When what may be seen of earlier entries has changed (marking, list,
// role, fact, agreement), the case is delivered anew from its start: hiding and revealing are one mechanism.
//
// Memory while a page is made: the page, one chunk of entries, a bounded number of records and batches, whatever the size of the
// case. Between two calls of next() nothing of it is held.
#pragma once

#include <memory>

#include "sync/hub/admission.hpp"
#include "sync/hub/batch_trees.hpp"
#include "sync/hub/policies.hpp"

namespace satchel::sync {

inline constexpr std::size_t page_bytes_min = 4 * 1024;
inline constexpr std::size_t page_bytes_max = push_bytes_max;

// `cursor` is to be made durable before the page is sent: an unsent changeset of the reader may name it.
struct Delivery {
    std::optional<Page> page;  // none: only the position moves on, past what the reader may not see
    std::size_t bytes = 0;     // of the page, about
    CursorRow cursor;
};

class PageSource {
public:
    virtual ~PageSource() = default;
    // About `budget` bytes of pages, at least one page if any is left. Empty: everything has been delivered.
    virtual Result<std::vector<Delivery>> next(std::size_t budget) = 0;
    // What a page aims at from here on, before compression: as much as the reader's line bears.
    virtual void aim_at(std::size_t page_bytes) = 0;
    // The cases in scope, sorted by id: what Pulled says.
    [[nodiscard]] virtual const std::vector<CaseId>& scope() const = 0;
};

Result<std::unique_ptr<PageSource>> make_page_source(CentralStore& store, const HubKeys& keys, HubPolicyPtr policy,
                                                     const Admission& admission, bool safety_only, BatchTrees& trees);

}  // namespace satchel::sync
