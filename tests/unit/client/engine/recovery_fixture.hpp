// A hub, two people on one case, and copies of stores and of the hub that come back.
#pragma once

#include "tests/unit/client/engine/real_hub.hpp"

namespace satchel::client::test {

using How = Typed::How;

class Recovery : public ::testing::Test {
protected:
    Recovery()
    {
        case_id = must(hub.service().add_case("one"));
        police_user = hub.user("Pia Policia", "police.offender_manager");
        probation_user = hub.user("Prob Ation", "probation.practitioner");
        for (const auto& user : {police_user, probation_user})
            must(hub.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
    }

    Saved note(RealDevice& device, const std::string& text)
    {
        return must(device.record_new(case_id, "note", {{How::set, "text", text}}));
    }
    Saved address(RealDevice& device, const std::string& lines)
    {
        return must(device.record_new(case_id, "address", {{How::set, "lines", lines}}));
    }
    std::size_t hub_records()
    {
        for (const auto& one : must(hub.service().cases()))
            if (one.id == case_id)
                return one.records;
        return 0;
    }
    // Of the device's present incarnation.
    std::uint64_t hub_received(RealDevice& device)
    {
        for (const auto& one : must(hub.service().devices()))
            if (one.credential == device.store().identity().credential)
                return one.received;
        return 0;
    }
    // The texts of every note and address here, sorted: what a user sees.
    std::vector<std::string> seen_on(RealDevice& device)
    {
        std::vector<std::string> out;
        const auto shown = must(device.store().shown(case_id));
        for (const auto& [id, record] : shown.records)
            out.push_back(device.value(case_id, id, record.type == schema::type_id("address") ? "lines" : "text"));
        std::sort(out.begin(), out.end());
        return out;
    }
    RecordId the_address(RealDevice& device, const std::string& lines)
    {
        const auto shown = must(device.store().shown(case_id));
        for (const auto& [id, record] : shown.records)
            if (record.type == schema::type_id("address") && device.value(case_id, id, "lines") == lines)
                return id;
        return {};
    }
    static std::size_t refusals(RealDevice& device)
    {
        std::size_t n = 0;
        for (const auto& item : must(device.store().attention()))
            n += item.kind == "refused";
        return n;
    }
    static bool is(const Frame& frame, MessageType type) { return frame.type == static_cast<std::uint8_t>(type); }

    void keep_a_copy_of_the_hub()
    {
        hub.close();
        std::filesystem::copy_file(hub.path(), hub.path() + ".copy", std::filesystem::copy_options::overwrite_existing);
        hub.reopen();
    }
    void put_the_hub_back(bool new_epoch)
    {
        hub.close();
        for (const char* more : {"-wal", "-shm"})
            std::filesystem::remove(hub.path() + more);
        std::filesystem::copy_file(hub.path() + ".copy", hub.path(), std::filesystem::copy_options::overwrite_existing);
        hub.reopen();
        if (!new_epoch)
            return;
        must(hub.service().begin_epoch());
    }

    HubWorld hub;
    CaseId case_id;
    UserId police_user, probation_user;
};

}  // namespace satchel::client::test
