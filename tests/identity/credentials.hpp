// The rows of the identity matrix: a credential that must not get in, and the reason that it must be refused for.
//
// A row's reason is what the hub says in its log or to the peer. Rows may share one only where they name the same `kin`,
// which says why it really is the same reason.
#pragma once

#include "tests/identity/door.hpp"

namespace satchel::test {

struct Row {
    const char* name;
    const char* reason;
    std::function<std::string(Door&)> attempt;
    const char* kin = "";
};

inline constexpr auto one_version = "TLS 1.3 is the only version there is";
inline constexpr auto one_name_form = "characters that no identity of ours has";
inline constexpr auto no_certificate =
    "TLS offers no signature scheme for such a key, or nothing else to begin with: no certificate is sent";
inline constexpr auto offer =
    "the protocol is chosen before anything is known of the peer, and the alert for it is one";
inline constexpr auto no_oracle = "told alike on purpose: a stranger learns nothing of which slips or devices exist";
inline constexpr auto other_device = "certificate, registry and hello must speak of one device";
inline constexpr auto proof = "one signature covers the key, the channel, the credential and the incarnation";
inline constexpr auto constrained = "an authority's name constraint";
inline constexpr auto path = "nothing is trusted that does not lead to the hub's root";
inline constexpr auto one_between = "one authority between leaf and the hub's own root, whatever else is shown";
inline constexpr auto barred = "not refused but served nothing: it may hand in sealed work only";
inline constexpr auto weak_authority = "keys below the security level";
inline constexpr auto suite = "none of the two suites";
inline constexpr auto one_protocol = "one version of the protocol";

std::vector<Row> forged_leaves();
std::vector<Row> forged_chains();   // and what is wrong with the TLS around them
std::vector<Row> false_sessions();  // past TLS: hellos and enrolments

// A P-384 key, say.
crypto::ossl::Pkey curve_key(const char* name);

}  // namespace satchel::test
