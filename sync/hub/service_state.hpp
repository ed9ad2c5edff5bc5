// The inside of HubService, shared by the files that implement it.
#pragma once

#include <atomic>
#include <mutex>

#include "sync/hub/access.hpp"
#include "sync/hub/commit.hpp"
#include "sync/hub/ledger.hpp"
#include "sync/hub/pages.hpp"
#include "sync/hub/staffing.hpp"
#include "sync/hub/turns.hpp"

namespace satchel::sync {

struct HubService::State {
    explicit State(const HubParts& given) : parts(given), policies(parts.keys.receipt.public_key()), ledger(parts, policies) {}

    HubParts parts;
    PolicyShelf policies;
    BatchTrees trees;
    Turns writing;
    Ledger ledger;
    Epoch epoch{};

    // The agreement under which the clocks of every case were last looked at; 0: not since the start. Only a hint: to look
    // again changes nothing where nothing is to be changed.
    std::atomic<std::uint32_t> clocks_looked_at_under = 0;

    // A connection can be dead for its device and alive for us. What its session still delivers would count for the
    // session that the device has begun since: entries would come twice.
    std::uint64_t begin_session(CredentialNo credential)
    {
        const std::lock_guard lock(sessions_mutex);
        return newest_session[raw(credential)] = ++last_session;
    }
    bool is_newest_session(CredentialNo credential, std::uint64_t session)
    {
        const std::lock_guard lock(sessions_mutex);
        return newest_session[raw(credential)] == session;
    }
    std::mutex sessions_mutex;
    std::uint64_t last_session = 0;
    std::map<std::int64_t, std::uint64_t> newest_session;

    Result<Head> write(const std::function<Result<void>(Ledger&)>& work)
    {
        const std::lock_guard lock(writing);
        return ledger.run(work);
    }
    // For a device whose user may have to stand in: the roles that nobody holds, in order; else none. Users are many and change
    // seldom: they are counted anew when one has changed, or another agreement is in force. `changes`: users_changed before the view.
    Result<std::vector<std::string>> vacant_for(CentralView& view, std::uint64_t changes, const std::vector<schema::Hat>& hats);
    struct Counted {
        std::uint64_t changes = 0;
        std::uint32_t agreement = 0;
        Vacant vacant;
    };
    std::mutex counted_mutex;
    std::optional<Counted> counted;
    std::atomic<std::uint64_t> users_changed = 0;

    // To where the agreement in force has them; they run under the one before. What fails is left to the next tick.
    void move_clocks();
};

inline constexpr std::size_t person_name_bytes_max = 200;

// Text that administrators give: clean, not empty, within `max` bytes.
Result<void> require_text(std::string_view what, std::string_view text, std::size_t max);

// One user of the store by id; not_found.
Result<UserRow> require_user(CentralView& view, const UserId& id);
Result<CaseRow> require_case(CentralView& view, const CaseId& id);

}  // namespace satchel::sync
