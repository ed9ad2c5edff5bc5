// The commands under another agreement than the small one.
#pragma once

#include "schema/policy/embedded.hpp"
#include "tests/unit/client/app/app_fixture.hpp"

namespace satchel::client::app {

// The agreement that the programs bring along, or a variant of it.
inline const schema::Policy& embedded_agreement()
{
    static const schema::Policy policy = [] {
        auto outcome = schema::compile(schema::embedded_bundle());
        if (!outcome.policy)
            std::abort();
        return *std::move(outcome.policy);
    }();
    return policy;
}

// While it lives, hub and device have this agreement.
class UnderAgreement {
public:
    explicit UnderAgreement(schema::Policy policy) : policy_(std::move(policy)) { MiniHub::in_its_place() = &policy_; }
    ~UnderAgreement() { MiniHub::in_its_place() = nullptr; }
    UnderAgreement(const UnderAgreement&) = delete;
    UnderAgreement& operator=(const UnderAgreement&) = delete;

private:
    schema::Policy policy_;
};

// The hub of a fixture is made under it: so it comes first.
class AgreementTest : private UnderAgreement, public AppTest {
protected:
    explicit AgreementTest(const std::string& role = "probation.practitioner",
                           schema::Policy policy = embedded_agreement())
        : UnderAgreement(std::move(policy)), AppTest(role)
    {
    }

    // The person whom a case is about.
    static void names(MiniHub& of, const std::string& family, const std::string& given,
                      const std::map<std::string, std::string>& identifiers = {})
    {
        std::vector<schema::Change> changes{
            of.creates("person", "names", {{"family_name", family}, {"given_names", given}})};
        for (const auto& [scheme, text] : identifiers)
            changes.push_back(of.creates("person", "identifiers", {{"scheme", scheme}, {"identifier", text}}));
        const auto written = of.write("police.offender_manager", changes);
        for (const auto& ruling : written.rulings)
            EXPECT_EQ(ruling.outcome, sync::Outcome::applied) << ruling.rule;
    }
};

}  // namespace satchel::client::app
