// Trees of the batches that readers were lately given proofs from. A change goes to everybody on its case at about the
// same time, and a tree takes a quarter of a millisecond to build however little is in it: it is built for the first of
// them. From any thread.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <span>

#include "crypto/audit.hpp"
#include "schema/base/id.hpp"
#include "sync/central/rows.hpp"

namespace satchel::sync {

class BatchTrees {
public:
    using Tree = std::shared_ptr<const crypto::BatchTree>;
    // Of a batch that is committed, so that its number is its own for ever.
    Tree of(BatchNo no, const Digest& secret, std::span<const Digest> digests)
    {
        {
            const std::lock_guard lock(mutex_);
            const auto at = std::find_if(kept_.begin(), kept_.end(), [&](const auto& one) { return one.first == no; });
            if (at != kept_.end())
                return at->second;
        }
        auto tree = std::make_shared<const crypto::BatchTree>(secret, digests);
        const std::lock_guard lock(mutex_);
        if (kept_.size() == kept_max)
            kept_.pop_front();
        kept_.emplace_back(no, tree);
        return tree;
    }

private:
    static constexpr std::size_t kept_max = 64;  // 66 KiB each
    std::mutex mutex_;
    std::deque<std::pair<BatchNo, Tree>> kept_;
};

}  // namespace satchel::sync
