// The hub: orders everybody's work case by case, rules on it, and gives each reader what they may see.
//
// Everything it does is decided by its arguments, its store and its ports: no thread, clock, socket or randomness of its
// own, so that a whole hub runs in the simulator from one seed.
//
// Threads. Any. Writing calls (everything that is not const) are made one after another behind a lock and are durable
// when they return; const calls read one committed state each and never wait for a writer.
//
// Errors. Beside those of the store (central_store.hpp): invalid_argument (the detail says what, and the nearest known
// name), not_found, duplicate, refused (with the rule in words). Nothing of a call that fails is kept.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/sealed.hpp"
#include "schema/base/ports.hpp"
#include "schema/policy/compile.hpp"
#include "sync/central/central_store.hpp"
#include "sync/core/enrolment.hpp"
#include "sync/hub/day.hpp"
#include "sync/hub/keys.hpp"

namespace satchel::sync {

struct HubParts {
    CentralStore& store;
    const HubKeys& keys;
    const Clock& clock;
    Random& random;
    KeyKeeper* keeper = nullptr;  // none: no agency can come
    // Of cases that were worked on lately, in the writer's memory: about, between two pieces of work, or the one used last if that
    // is larger; within a push or a day's portion twice as much. A quarter as much again may come before the oldest go.
    std::size_t hot_bytes = 16u << 20;
};

// --- What administrators see and say -----------------------------------------------------------------------------------

// Why an assignment ends. moved: unsent work is delivered and judged, then the case leaves the device. restricted,
// suspended: the device locks the case first; unsent work comes sealed to the handler and is never applied by itself.
enum class Ended : std::uint8_t { moved, restricted, suspended };
[[nodiscard]] std::string_view name(Ended because) noexcept;
Result<Ended> parse_ended(std::string_view text);

// Who is assigned to a case: one user, everybody with a hat of this team, or everybody with a hat of this role.
struct Assignee {
    AssignmentRow::Subject subject = AssignmentRow::Subject::user;
    std::string name;  // user id, team, or full role name
};

struct NewUser {
    std::string name;
    std::vector<schema::Hat> hats;
    std::string vetting;  // empty: none
};

struct UserInfo {
    UserId id;
    std::string name;
    std::string vetting;
    bool suspended = false;
    std::vector<std::string> hats;  // "agency/team/role"
    std::size_t devices = 0;        // not revoked
};

struct DeviceInfo {
    CredentialId credential;
    UserId user;
    std::string user_name;
    std::string agency;
    std::string device_name;
    Instant enrolled_at;
    bool revoked = false;
    std::uint64_t received = 0;  // changesets of its current incarnation that the hub holds
    std::size_t incarnations = 0;
    bool forked = false;
    std::size_t cases = 0;  // that it holds something of
};

struct CaseInfo {
    CaseId id;
    std::string label;
    Facts facts;
    std::size_t records = 0;
    std::size_t open_items = 0;
    std::vector<std::string> assigned;  // "user NAME", "team T", "role R"; ended ones are left out
};

// One side of a suggestion or conflict. Values only where whoever asks may see them.
struct SideInfo {
    VersionId version;
    bool visible = false;
    std::vector<std::pair<std::string, std::string>> values;  // field name, text
    std::string author;                                       // name and, for the operator, on whose behalf
    std::string agency;
};

struct OpenItemInfo {
    VersionId id;
    OpenItem::Kind kind{};
    CaseId case_id;
    std::string case_label;
    RecordId record;
    std::string record_type;
    std::string group;
    std::string decided_by;          // the authority, as the policy writes it
    std::vector<std::string> roles;  // that it means now, with a member or their cover (I10)
    Instant opened_at;
    std::string rule;
    bool around_handover = false;
    std::vector<SideInfo> sides;    // conflict: A (standing), B; suggestion: the record's value, the suggested one
    bool withdraws = false;         // the whole record is to be withdrawn: the second side has no values
    std::vector<SideInfo> removes;  // the elements that are to leave the list: the second side has no values
};

struct TaskInfo {
    TaskId id;
    CaseId case_id;
    std::string case_label;
    std::string role;
    std::vector<std::string> reaches;  // itself; or, where nobody holds it, who covers it (I10)
    std::string words;
    std::string paragraph;
    Date due;
    bool safety = false;
    Task::State state{};
};

// A decision of USER, typed in by the hub's operator: judged as if that user had made it, signed by the hub's operator
// key, and shown as such for ever.
struct Decision {
    VersionId item;
    UserId as;
    schema::Resolution resolution{};
    std::vector<std::pair<std::string, std::string>> values;  // amend: field name, text
    std::string reason;
};
struct Decided {
    ChangesetId changeset;
    Ruling ruling;
};

// Somebody opened held work.
struct HeldOpening {
    UserId by;
    std::string name;
    std::string reason;
    Instant at;
};

// Work that was received and is in no record, without what it says.
struct HeldInfo {
    ChangesetId id;
    CaseId case_id;  // empty, as is the label: it belongs to no case here
    std::string case_label;
    std::string why;  // "sealed", "barred", "out-of-scope", "not-yours", "unreadable", "written-again"
    UserId author;
    std::string author_name;
    std::string agency;
    std::string device_name;
    Instant received_at;
    std::vector<HeldOpening> opened;
};

struct HeldChange {
    schema::Op op{};
    std::string record_type;  // empty: the agreement in force does not know it
    std::string group;
    RecordId record;
    std::vector<std::pair<std::string, std::string>> values;  // field name, text
    std::string reason;
};

// What was written, as its author wrote it.
struct HeldWork {
    HeldInfo info;
    bool proven = false;  // it is what the author's device signed
    schema::Header header;
    std::vector<HeldChange> changes;
};

struct Explanation {  // who may change field F of record R of case C, and may this user?
    std::string field;
    std::string owner;        // authority, as the policy writes it
    std::string owner_words;  // "the lead agency (probation)"
    std::vector<std::string> references;
    std::string merge;
    std::vector<std::string> outcome_per_hat;  // "police/eastside/offender_manager: suggestion to …"
    bool visible = false;                      // to the user
};

struct ImportCounts {
    std::uint64_t cases = 0, records = 0, values = 0;  // of the lines
    std::uint64_t earlier_words = 0;  // that were read as what they mean now
};

struct HubStatus {
    std::string area;
    Epoch epoch{};
    std::uint32_t policy_version = 0;
    Position head{};
    Counts counts;
};

// Gives the next line without its end, or nothing at the end.
using LineSource = std::function<Result<std::optional<std::string>>()>;
using LineSink = std::function<Result<void>(std::string_view line)>;
using ProgressFn = std::function<void(std::uint64_t done, std::uint64_t total)>;  // total 0: not known

// --- What sessions see and say -----------------------------------------------------------------------------------------

enum class Leaving : std::uint8_t { barred, all };  // of the cases that a device has to give up

struct PreparedPush;  // sync/hub/prepare.hpp
struct CommitJob;     // sync/hub/commit.hpp
struct Admission;     // sync/hub/admission.hpp
class PageSource;     // sync/hub/pages.hpp
class Ledger;         // sync/hub/ledger.hpp
struct FiguresOrder;  // sync/hub/reports.hpp
struct FiguresReport;
struct OverdueTask;
struct SignedFigures;
struct SampleOrder;
struct CaseSample;
struct AgencyUse;
struct HubPolicy;  // sync/hub/policies.hpp

// An agreement that is to follow the one in force.
struct PolicyProposal {
    Digest digest{};
    bool narrows = false;  // whoever proposed it said that somebody would lose sight of something
    struct Approval {
        UserId by;
        std::string name;
        std::string reason;
        Instant at;
    };
    std::vector<Approval> approvals;  // that count now: one of each person who may approve
};
inline constexpr std::size_t policy_approvals_needed = 2;

// What keeps a bundle from following the agreement in force, with file and line.
struct PolicyObstacles {
    std::vector<schema::PolicyProblem> cannot_follow;
    std::vector<schema::PolicyProblem> narrows;  // the same, unless it is proposed as understood
};

class HubService {
public:
    // A new hub in an empty store: area, epoch, policy. duplicate when the store has a hub.
    static Result<void> initialise(const HubParts& parts, std::string_view area,
                                   std::span<const schema::SourceFile> bundle);
    // not_found: the store has no hub. corrupt: the newest checkpoint is not at the end of the log, or not ours.
    static Result<std::unique_ptr<HubService>> open(const HubParts& parts);
    ~HubService();
    HubService(const HubService&) = delete;
    HubService& operator=(const HubService&) = delete;

    // Users.
    Result<UserId> add_user(const NewUser& user);
    Result<void> set_hats(const UserId& user, const std::vector<schema::Hat>& hats);
    Result<void> suspend(const UserId& user);
    Result<std::vector<UserInfo>> users() const;
    Result<UserId> find_user(std::string_view ref) const;  // id, or the exact name if only one user has it

    // Cases.
    Result<CaseId> add_case(std::string_view label);
    Result<CaseId> find_case(std::string_view ref) const;  // id, label, or an identifier in any usual spelling
    Result<std::vector<CaseInfo>> cases() const;
    Result<void> assign(const CaseId& case_id, const Assignee& to);
    Result<void> unassign(const CaseId& case_id, const Assignee& from, Ended because);
    // NDJSON, all or nothing; errors name the line. dry_run: checked to the end, nothing kept.
    Result<ImportCounts> import(const LineSource& lines, bool dry_run, const ProgressFn& progress = {});
    // The same form: what is in force now, case by case.
    Result<void> export_cases(const std::optional<CaseId>& only, const LineSink& sink) const;

    // The agreement. A new one must be able to follow the one in force; it counts from its entry on. Agencies that it brings get
    // their keys first: should the hub stop in between, nobody has seen those, and the next attempt goes on with them. If it
    // counts days otherwise, or has other clocks, those that run are moved before it returns; what fails of that, and the facts
    // that follow from it, come with the next tick, which is due at once.
    [[nodiscard]] std::shared_ptr<const schema::Policy> policy() const;
    Result<std::uint32_t> publish_policy(std::span<const schema::SourceFile> bundle);
    [[nodiscard]] PolicyObstacles obstacles(std::span<const schema::SourceFile> bundle) const;
    // The same in three steps by people, each of which the log tells: what is proposed is named by its digest, two different
    // people who hold a role that the agreement in force names approve exactly that, and only then it can be put in force.
    // A bundle that cannot follow is policy_invalid at the first step and the last; without the approvals: refused, with who
    // can give them.
    Result<PolicyProposal> propose_policy(std::span<const schema::SourceFile> bundle, const UserId& as,
                                          schema::Narrowing narrowing);
    Result<PolicyProposal> approve_policy(const Digest& digest, const UserId& as, std::string_view reason);
    Result<std::uint32_t> publish_approved_policy(std::span<const schema::SourceFile> bundle);
    Result<Explanation> explain(const CaseId& case_id, const RecordId& record, std::string_view field,
                                const UserId& as) const;

    // Devices. An enrolment can be used for `lifetime`, from a second to enrolment_lifetime_max.
    static constexpr std::chrono::seconds enrolment_lifetime_max{std::chrono::hours{24 * 7}};
    Result<EnrolmentSlip> create_enrolment(const UserId& user, std::chrono::seconds lifetime,
                                           std::string_view hub_address);
    Result<std::vector<DeviceInfo>> devices() const;
    Result<void> revoke(const CredentialId& credential);

    // What waits for people. `as`: with the values that this user may see; without: envelopes.
    Result<std::vector<OpenItemInfo>> open_items(std::optional<OpenItem::Kind> kind,
                                                 const std::optional<UserId>& as) const;
    Result<OpenItemInfo> open_item(const VersionId& id, const std::optional<UserId>& as) const;
    // Those that wait. `role`: only those that are for it, or that fall to it.
    Result<std::vector<TaskInfo>> tasks(const std::optional<std::string>& role) const;
    Result<Decided> decide(const Decision& decision);
    // Hands an open item to another role: a task for that role and an entry that says so. Decides nothing.
    Result<void> route(const VersionId& item, std::string_view role, const UserId& as, std::string_view reason);

    // Work that is held: sealed by the device of somebody who was barred, or not theirs to write.
    [[nodiscard]] Result<std::vector<HeldInfo>> held() const;
    // Shows one to the agreement's handler, who has to work on its case. That it was opened, by whom and why is durable
    // before it is shown. refused: `as` is not the handler, whatever the id; there is nothing to show. not_found: there is
    // none, or it is of a case that is none of theirs.
    Result<HeldWork> open_held(const ChangesetId& id, const UserId& as, std::string_view reason);

    // Effective dates that fall due and facts that follow from them; and every clock, if the agreement has changed since they
    // were looked at, or the hub has started. Once a day, after a start and after another agreement came into force. In portions, each durable when go_on() returns, for
    // whoever has other things to write in between; or the whole, which tells how many entries it made.
    [[nodiscard]] Result<Tick> begin_tick(Date today) const;
    Result<void> go_on(Tick& tick, std::size_t cases = cases_at_once);
    Result<std::uint64_t> tick(Date today);

    // What the agreement counts, in one committed state (sync/hub/reports.hpp). While it reads, others write.
    Result<FiguresReport> count(const FiguresOrder& order, const ProgressFn& progress = {});
    Result<std::vector<OverdueTask>> overdue(const FiguresOrder& order, const ProgressFn& progress = {}) const;
    Result<CaseSample> sample(const FiguresOrder& order, const SampleOrder& what, const ProgressFn& progress = {});
    // By agency. With an area: of the changes, those of cases that belong to it now.
    Result<std::vector<AgencyUse>> use(const FiguresOrder& order) const;
    // The figures of a year under the name of whoever may sign them off: kept in the log for good. refused: `as` may not.
    // duplicate: it was done before, and this is no correction. not_found: a correction of nothing.
    Result<void> sign_off(const FiguresOrder& order, std::string_view figures, std::string_view reason,
                          bool correction = false);
    // In the order in which they were signed off; empty: not yet.
    Result<std::vector<SignedFigures>> signed_off(const FiguresOrder& order) const;

    // After the store was put back from a copy, before anybody connects: devices then offer again what the copy does not
    // have, and take nothing that is missing for deleted; and the hub asks for cases that it forgot it had delivered. Without
    // it only a device that holds a receipt can tell.
    Result<Epoch> begin_epoch();

    Result<HubStatus> status() const;

    // --- For sessions (sync/hub/session.hpp), in the order of a session ---

    // Judges a hello: who it is, what they may do, where both chains stand. Errors end the session.
    Result<Admission> admit(const Hello& hello, ByteView channel_binding, ByteView certificate_der) const;
    Result<PreparedPush> prepare(const Admission& admission, Bytes push_payload) const;
    // The next pages for a reader; what they deliver counts when its cursors are committed (CommitJob).
    Result<std::unique_ptr<PageSource>> pages(const Admission& admission, bool safety_only) const;
    // Does all jobs in one durable transaction, then tells each what became of it, on the calling thread. A job that
    // fails leaves the others untouched.
    void commit(std::vector<CommitJob> jobs);
    // Errors of a push: fork (both contents are kept, the incarnation is closed), protocol_violation; the store's.
    CommitJob push_job(PreparedPush push, std::function<void(const Result<Receipt>&)> done) const;
    // protocol_violation when the device has begun another session since.
    CommitJob delivery_job(const Admission& admission, std::vector<CursorRow> cursors,
                           std::function<void(const Result<Head>&)> done) const;
    CommitJob incarnation_job(const Admission& admission, const NewIncarnation& message,
                              std::function<void(const Result<IncarnationRow>&)> done) const;
    // The receipt once more, for as much of what is named as is durable here. too_large, protocol_violation.
    Result<Receipt> recall(const Admission& admission, const Recall& recall) const;
    // What has to leave the device, each asked for under a nonce of its own.
    CommitJob removals_job(const Admission& admission, Leaving which,
                           std::function<void(const Result<std::vector<Remove>>&)> done) const;
    CommitJob removed_job(const Admission& admission, const Removed& message,
                          std::function<void(const Result<Head>&)> done) const;
    // Enrolment. not_found (also for a code that has been used, has run out, or does not belong to the proof: a stranger
    // learns nothing), malformed, bad_signature (CSR).
    Result<EnrolAnswer> enrol(const EnrolRequest& request, ByteView channel_binding);

private:
    struct State;
    explicit HubService(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace satchel::sync
