// Users, their hats, and the devices on which they work.
#include <algorithm>

#include "crypto/registry.hpp"
#include "schema/base/nearest.hpp"
#include "sync/hub/operator.hpp"
#include "sync/hub/service.hpp"
#include "sync/hub/service_state.hpp"

namespace satchel::sync {
namespace {

constexpr std::size_t hats_max = 32;
constexpr std::size_t device_name_bytes_max = 100;
// Renewal in session is to come; until then a device's certificate lasts as long as its authority nearly does.
constexpr std::chrono::hours device_certificate_life{24 * 365};

std::vector<std::string> names(const auto& things)
{
    std::vector<std::string> out;
    for (const auto& thing : things)
        out.push_back(thing.name);
    return out;
}

Result<std::vector<std::string>> checked_hats(const schema::Policy& policy, const std::vector<schema::Hat>& hats)
{
    if (hats.empty() || hats.size() > hats_max)
        return fail(Errc::invalid_argument, "a user has 1 to 32 hats");
    std::vector<std::string> out;
    for (const auto& hat : hats) {
        if (!policy.agency(hat.agency))
            return fail(Errc::unknown_name,
                        "no agency \"" + hat.agency + "\"" + did_you_mean(hat.agency, names(policy.agencies)));
        const auto* role = policy.role(hat.role);
        if (!role || role->agency != hat.agency)
            return fail(Errc::unknown_name, "no role \"" + hat.role + "\" in that agency" +
                                                did_you_mean(hat.role, names(policy.roles)));
        SATCHEL_TRYV(require_text("a team", hat.team, 100));
        if (hat.team.find('/') != std::string::npos)
            return fail(Errc::invalid_argument, "a team's name has no slash");
        out.push_back(to_string(hat));
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

Result<std::vector<CredentialRow>> all_credentials(CentralView& view)
{
    std::vector<CredentialRow> out;
    const Visit<CredentialRow> keep = [&](const CredentialRow& row) -> Result<bool> {
        out.push_back(row);
        return true;
    };
    SATCHEL_TRYV(view.credentials(keep));
    return out;
}

std::string certificate_chain(const HubKeys& keys, const AgencyKeys& agency, ByteView leaf)
{
    return crypto::certificate_to_pem(leaf) + crypto::certificate_to_pem(agency.authority.certificate()) +
           crypto::certificate_to_pem(keys.root.certificate());
}

}  // namespace

Result<UserId> HubService::add_user(const NewUser& user)
{
    UserRow row;
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        const auto& policy = ledger.policy().policy;
        SATCHEL_TRYV(require_text("a name", user.name, person_name_bytes_max));
        SATCHEL_TRY(row.hats, checked_hats(policy, user.hats));
        const auto& levels = policy.vetting_levels;
        if (!user.vetting.empty() && std::find(levels.begin(), levels.end(), user.vetting) == levels.end())
            return fail(Errc::unknown_name,
                        "no vetting level \"" + user.vetting + "\"" + did_you_mean(user.vetting, levels));
        row.id = random_id<UserId>(ledger.random());
        row.name = user.name;
        row.vetting = user.vetting;
        SATCHEL_TRYV(ledger.admin(AdminKind::user, row));
        return {};
    }));
    ++state_->users_changed;
    return row.id;
}

Result<void> HubService::set_hats(const UserId& user, const std::vector<schema::Hat>& hats)
{
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(auto row, require_user(ledger.store(), user));
        SATCHEL_TRY(row.hats, checked_hats(ledger.policy().policy, hats));
        ++row.version;
        SATCHEL_TRYV(ledger.admin(AdminKind::user, row));
        return {};
    }));
    ++state_->users_changed;
    return {};
}

Result<void> HubService::suspend(const UserId& user)
{
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(auto row, require_user(ledger.store(), user));
        if (row.suspended)
            return fail(Errc::duplicate, "the user is suspended already");
        row.suspended = true;
        ++row.version;
        SATCHEL_TRYV(ledger.admin(AdminKind::user, row));
        return {};
    }));
    ++state_->users_changed;
    return {};
}

Result<std::vector<std::string>> HubService::State::vacant_for(CentralView& view, std::uint64_t changes,
                                                                  const std::vector<schema::Hat>& hats)
{
    const auto in_force = policies.in_force();
    std::vector<std::string> out;
    if (!can_cover(in_force->policy, hats))
        return out;
    const std::lock_guard lock(counted_mutex);
    if (!counted || counted->changes != changes || counted->agreement != in_force->policy.version) {
        SATCHEL_TRY(auto vacant, vacant_roles(view, in_force->policy));
        counted = {changes, in_force->policy.version, std::move(vacant)};
    }
    for (const auto& role : counted->vacant)
        if (out.size() < vacant_max)
            out.push_back(role);
    return out;
}

Result<std::vector<UserInfo>> HubService::users() const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    SATCHEL_TRY(const auto credentials, all_credentials(*view));
    std::vector<UserInfo> out;
    const Visit<UserRow> keep = [&](const UserRow& row) -> Result<bool> {
        const auto devices = std::count_if(credentials.begin(), credentials.end(), [&](const auto& c) {
            return c.user == row.id && c.kind == CredentialRow::Kind::device && !c.revoked;
        });
        out.push_back({row.id, row.name, row.vetting, row.suspended, row.hats, static_cast<std::size_t>(devices)});
        return true;
    };
    SATCHEL_TRYV(view->users(keep));
    return out;
}

Result<UserId> HubService::find_user(std::string_view ref) const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    if (const auto id = parse_id<UserId>(ref)) {
        SATCHEL_TRY(const auto row, require_user(*view, *id));
        return row.id;
    }
    std::vector<UserId> found;
    const Visit<UserRow> look = [&](const UserRow& row) -> Result<bool> {
        if (row.name == ref)
            found.push_back(row.id);
        return true;
    };
    SATCHEL_TRYV(view->users(look));
    if (found.empty())
        return fail(Errc::not_found, "no such user");
    if (found.size() > 1)
        return fail(Errc::invalid_argument, "several users have this name: give the id");
    return found.front();
}

Result<std::vector<DeviceInfo>> HubService::devices() const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    SATCHEL_TRY(const auto credentials, all_credentials(*view));
    std::vector<DeviceInfo> out;
    for (const auto& credential : credentials) {
        if (credential.kind != CredentialRow::Kind::device)
            continue;
        SATCHEL_TRY(const auto user, require_user(*view, credential.user));
        DeviceInfo info;
        info.credential = credential.id;
        info.user = user.id;
        info.user_name = user.name;
        info.agency = credential.agency;
        info.device_name = credential.device_name;
        info.enrolled_at = credential.enrolled_at;
        info.revoked = credential.revoked;
        const Visit<IncarnationRow> count = [&](const IncarnationRow& row) -> Result<bool> {
            ++info.incarnations;
            info.received = row.received;
            info.forked = row.forked;
            return true;
        };
        SATCHEL_TRYV(view->incarnations(CredentialNo{credential.no}, count));
        SATCHEL_TRY(const auto held, view->delivered_cases(CredentialNo{credential.no}));
        info.cases = held.size();
        out.push_back(std::move(info));
    }
    return out;
}

Result<void> HubService::revoke(const CredentialId& credential)
{
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(const auto found, ledger.store().credential(credential));
        if (!found || found->kind != CredentialRow::Kind::device)
            return fail(Errc::not_found, "no such device");
        if (found->revoked)
            return fail(Errc::duplicate, "the device is revoked already");
        auto row = *found;
        row.revoked = true;
        SATCHEL_TRYV(ledger.admin(AdminKind::credential, row, {}, CredentialNo{row.no}));
        return {};
    }));
    return {};
}

Result<EnrolmentSlip> HubService::create_enrolment(const UserId& user, std::chrono::seconds lifetime,
                                                   std::string_view hub_address)
{
    if (lifetime < std::chrono::seconds{1} || lifetime > enrolment_lifetime_max)
        return fail(Errc::invalid_argument, "an enrolment lasts from a second to seven days");
    auto code = crypto::EnrolmentCode::generate(state_->parts.random);
    EnrolmentRow row;
    UserRow person;
    std::string area;
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(person, require_user(ledger.store(), user));
        if (person.suspended)
            return fail(Errc::refused, "the user is suspended");
        row.id = enrolment_name(code);
        row.user = user;
        const auto verifier = code.verifier();
        std::copy(verifier.reveal().begin(), verifier.reveal().end(), row.code_key.begin());
        row.expires_at = Instant{ledger.now().ms + std::chrono::milliseconds(lifetime).count()};
        SATCHEL_TRY(const auto hub, ledger.store().hub());
        area = hub ? hub->area : std::string();
        SATCHEL_TRYV(ledger.admin(AdminKind::enrolment, row));
        return {};
    }));
    SATCHEL_TRY(const auto hats, hats_of(person));
    const auto& keys = state_->parts.keys;
    return EnrolmentSlip{std::move(code), std::string(hub_address), keys.hub_uri(), keys.root.public_hash(),
                         person.name,     std::move(area),          hats.front().agency, row.expires_at};
}

Result<EnrolAnswer> HubService::enrol(const EnrolRequest& request, ByteView channel_binding)
{
    if (request.protocol != protocol_version)
        return fail(Errc::version_mismatch, "protocol");
    if (request.salt_key.size() != sizeof(Digest) || request.incarnation.empty())
        return fail(Errc::malformed, "enrolment request");
    SATCHEL_TRYV(require_text("a device's name", request.device_name, device_name_bytes_max));
    SATCHEL_TRY(const auto csr, crypto::VerifiedRequest::parse(request.csr));
    Digest channel{};
    if (channel_binding.size() != channel.size())
        return fail(Errc::protocol_violation, "channel binding");
    std::copy(channel_binding.begin(), channel_binding.end(), channel.begin());

    EnrolAnswer answer;
    CredentialRow credential;
    const auto work = [&](Ledger& ledger) -> Result<void> {
        auto& store = ledger.store();
        SATCHEL_TRY(const auto found, store.enrolment(request.enrolment));
        const auto verifier = crypto::SecretBytes::copy_of(found ? ByteView(found->code_key) : ByteView(Digest{}));
        if (!found || found->used_at != Instant{} || found->expires_at <= ledger.now() ||
            !crypto::enrolment_proof_holds(request.proof, verifier, request.csr, request.operation_key, channel))
            return fail(Errc::not_found, "this enrolment is not known, used already, or has run out");
        SATCHEL_TRY(const auto user, require_user(store, found->user));
        if (user.suspended)
            return fail(Errc::not_found, "this enrolment is not known, used already, or has run out");
        SATCHEL_TRY(const auto hats, hats_of(user));
        const auto* agency = ledger.keys().agency(hats.front().agency);
        if (!agency)
            return fail(Errc::refused, "the hub has no keys for this agency");

        credential = {};
        credential.no = raw(ledger.next_credential());
        credential.id = random_id<CredentialId>(ledger.random());
        credential.user = user.id;
        credential.agency = agency->agency;
        credential.device_name = request.device_name;
        credential.operation_key = request.operation_key;
        credential.enrolled_at = ledger.now();
        SATCHEL_TRYV(sign_into_registry(credential, *agency, request.incarnation, csr.public_hash()));
        SATCHEL_TRYV(ledger.admin(AdminKind::credential, credential, {}, CredentialNo{credential.no}));
        IncarnationRow incarnation;
        incarnation.no = raw(ledger.next_incarnation());
        incarnation.credential_no = credential.no;
        incarnation.id = request.incarnation;
        incarnation.salt_key = request.salt_key;
        SATCHEL_TRYV(ledger.admin(AdminKind::incarnation, incarnation, {}, CredentialNo{credential.no}));
        auto used = *found;
        used.used_at = ledger.now();
        used.credential = credential.id;
        SATCHEL_TRYV(ledger.admin(AdminKind::enrolment, used));

        SATCHEL_TRY(const auto leaf, agency->authority.issue_device(csr, credential.id, ledger.now(), ledger.random(),
                                                                    device_certificate_life));
        answer.certificate_chain = certificate_chain(ledger.keys(), *agency, leaf);
        answer.user = user.id;
        answer.user_name = user.name;
        answer.self = {credential.record, credential.record_signature, user.name};
        for (const auto& hat : hats)
            if (hat.agency == credential.agency)
                answer.hats.push_back(to_string(hat));
        SATCHEL_TRY(const auto hub, store.hub());
        if (!hub)
            return fail(Errc::corrupt, "hub: gone");
        answer.area = hub->area;
        answer.epoch = hub->epoch;
        answer.policy = ledger.policy().message.policy;
        for (const auto& one : ledger.policy().policy.agencies) {
            const auto* keys = ledger.keys().agency(one.name);
            if (!keys)
                return fail(Errc::refused, "the hub has no keys for the agency \"" + one.name + "\"");
            Bytes bytes;
            Writer out(bytes);
            out.str(one.name);
            out.raw(keys->registry.public_key().view());
            answer.agency_keys.push_back(std::move(bytes));
        }
        return {};
    };
    SATCHEL_TRYV(state_->write(work));
    answer.credential = credential.id;
    answer.receipt_key = state_->parts.keys.receipt.public_key();
    return answer;
}

}  // namespace satchel::sync
