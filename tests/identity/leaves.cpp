// Leaves as an authority would have to sign them, with one thing wrong.
#include "tests/identity/credentials.hpp"

namespace satchel::test {
namespace {

Row leaf_row(const char* name, const char* reason, std::function<Forgery(Door&)> leaf, const char* kin = "")
{
    return {name, reason, [leaf = std::move(leaf)](Door& door) { return door.try_with(door.with(leaf(door))); }, kin};
}

Row named_row(const char* name, const char* reason, std::function<std::string(Door&)> names, const char* kin = "")
{
    return leaf_row(
        name, reason, [names = std::move(names)](Door& door) { return Door::leaf_named(names(door)); }, kin);
}

std::vector<Row> names()
{
    constexpr auto characters = "tls: the peer's certificate: its URI has characters that no identity of ours has";
    constexpr auto no_device = "tls: the peer's certificate: its URI is no device's";
    constexpr auto subtree = "tls: the peer's certificate: permitted subtree violation";
    return {
        named_row(
            "no name", "tls: the peer's certificate: it has no critical subject alternative name",
            [](Door&) { return ""; }, "the name must be there and critical"),
        named_row(
            "a name that is not critical", "tls: the peer's certificate: it has no critical subject alternative name",
            [](Door& d) { return "URI:" + d.uri(); }, "the name must be there and critical"),
        named_row(
            "two URIs", "tls: the peer's certificate: it has more than one subject alternative name",
            [](Door& d) { return "critical,URI:" + d.uri() + ",URI:" + d.uri(); }, "exactly one name"),
        named_row(
            "a DNS name beside the URI", "tls: the peer's certificate: it has more than one subject alternative name",
            [](Door& d) { return "critical,URI:" + d.uri() + ",DNS:police.testshire.satchel.invalid"; },
            "exactly one name"),
        named_row("a DNS name only", "tls: the peer's certificate: its subject alternative name is not a URI",
                  [](Door&) { return "critical,DNS:police.testshire.satchel.invalid"; }),
        named_row(
            "NUL in the URI", characters, [](Door& d) { return raw_uri(d.uri() + std::string(1, '\0') + "x"); },
            one_name_form),
        named_row(
            "percent in the URI", characters,
            [](Door& d) {
                return raw_uri("spiffe://police.testshire.satchel.invalid/device%2f" + to_string(d.good.credential));
            },
            one_name_form),
        named_row(
            "upper case in the path", characters,
            [](Door& d) {
                return raw_uri("spiffe://police.testshire.satchel.invalid/Device/" + to_string(d.good.credential));
            },
            one_name_form),
        named_row(
            "Unicode in the path", characters,
            [](Door& d) {
                return raw_uri("spiffe://police.testshire.satchel.invalid/d\xc3\xa9vice/" +
                               to_string(d.good.credential));
            },
            one_name_form),
        named_row(
            "a query behind the URI", characters, [](Door& d) { return raw_uri(d.uri() + "?as=hub"); }, one_name_form),
        named_row(
            "a fragment behind the URI", characters, [](Door& d) { return raw_uri(d.uri() + "#hub"); }, one_name_form),
        named_row(
            "more path behind the credential", no_device,
            [](Door& d) { return raw_uri(d.uri("police.testshire.satchel.invalid", "/x")); },
            "its path names no device"),
        named_row(
            "the hub's own path", no_device,
            [](Door&) { return raw_uri("spiffe://police.testshire.satchel.invalid/hub"); }, "its path names no device"),
        named_row(
            "https for spiffe", no_device, [](Door& d) { return raw_uri("https" + d.uri().substr(6)); },
            "its path names no device"),
        named_row(
            "the wrong trust domain", subtree,
            [](Door& d) { return raw_uri(d.uri("probation.testshire.satchel.invalid")); }, constrained),
        named_row(
            "a host below its own", subtree,
            [](Door& d) { return raw_uri(d.uri("x.police.testshire.satchel.invalid")); }, constrained),
        named_row(
            "a host that begins like its own", subtree,
            [](Door& d) { return raw_uri(d.uri("police.testshire.satchel.invalid.evil")); }, constrained),
        named_row(
            "another area", subtree, [](Door& d) { return raw_uri(d.uri("police.elsewhere.satchel.invalid")); },
            constrained),
        {"another agency's authority mints it", subtree,
         [](Door& d) { return d.try_with(d.with(d.leaf(), d.world.keys.agency("probation")->authority)); },
         constrained},
        {"the hub's authority mints it", "tls: the peer's certificate: unsuitable certificate purpose",
         [](Door& d) { return d.try_with(d.with(d.leaf(), d.world.keys.hub_authority)); },
         "no certificate for TLS clients in its place"},
    };
}

std::vector<Row> purposes()
{
    constexpr auto purpose = "tls: the peer's certificate: unsuitable certificate purpose";
    constexpr auto usage = "tls: the peer's certificate: its key usage is not exactly digitalSignature";
    constexpr auto extended = "tls: the peer's certificate: its extended key usage is not exactly the one wanted";
    constexpr auto critical = "tls: the peer's certificate: its basic constraints and key usage are not critical";
    constexpr auto authority = "tls: the peer's certificate: it may act as an authority";
    return {
        leaf_row(
            "server purpose", purpose, [](Door& d) { return instead(d.leaf(), NID_ext_key_usage, "serverAuth"); },
            "no certificate for TLS clients in its place"),
        leaf_row(
            "both purposes", extended,
            [](Door& d) { return instead(d.leaf(), NID_ext_key_usage, "clientAuth,serverAuth"); },
            "exactly clientAuth"),
        leaf_row(
            "no purpose", extended, [](Door& d) { return without(d.leaf(), NID_ext_key_usage); }, "exactly clientAuth"),
        leaf_row(
            "any purpose", extended,
            [](Door& d) { return instead(d.leaf(), NID_ext_key_usage, "clientAuth,anyExtendedKeyUsage"); },
            "exactly clientAuth"),
        leaf_row(
            "an authority as leaf", authority,
            [](Door& d) { return instead(d.leaf(), NID_basic_constraints, "critical,CA:TRUE"); }, "CA:FALSE stated"),
        leaf_row(
            "no basic constraints", authority, [](Door& d) { return without(d.leaf(), NID_basic_constraints); },
            "CA:FALSE stated"),
        leaf_row("signing authority's usage",
                 "tls: the peer's certificate: Key usage keyCertSign invalid for non-CA cert",
                 [](Door& d) { return instead(d.leaf(), NID_key_usage, "critical,digitalSignature,keyCertSign"); }),
        leaf_row(
            "usage for more than signing", usage,
            [](Door& d) { return instead(d.leaf(), NID_key_usage, "critical,digitalSignature,keyAgreement"); },
            "exactly digitalSignature"),
        leaf_row(
            "usage for agreement only", usage,
            [](Door& d) { return instead(d.leaf(), NID_key_usage, "critical,keyAgreement"); },
            "exactly digitalSignature"),
        leaf_row(
            "no key usage", usage, [](Door& d) { return without(d.leaf(), NID_key_usage); },
            "exactly digitalSignature"),
        leaf_row(
            "key usage not critical", critical,
            [](Door& d) { return instead(d.leaf(), NID_key_usage, "digitalSignature"); }, "both critical"),
        leaf_row(
            "basic constraints not critical", critical,
            [](Door& d) { return instead(d.leaf(), NID_basic_constraints, "CA:FALSE"); }, "both critical"),
    };
}

std::vector<Row> forms()
{
    return {
        leaf_row(
            "expired", "tls: the peer's certificate: certificate has expired",
            [](Door& d) {
                auto leaf = d.leaf();
                leaf.starts = std::chrono::hours(-48);
                leaf.ends = std::chrono::hours(-1);
                return leaf;
            },
            "judged by the hub's clock"),
        leaf_row("not valid yet", "tls: the peer's certificate: certificate is not yet valid",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.starts = std::chrono::hours(1);
                     return leaf;
                 }),
        leaf_row("X.509 version 1", "tls: the peer's certificate: not an X.509 version 3 certificate",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.version = X509_VERSION_1;
                     leaf.extensions.clear();
                     return leaf;
                 }),
        leaf_row("signed with SHA-1", "tls: the peer's certificate: CA signature digest algorithm too weak",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.digest = EVP_sha1();
                     return leaf;
                 }),
        leaf_row("an unknown critical extension", "tls: the peer's certificate: unhandled critical extension",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.extensions.emplace_back(
                         OBJ_create("1.3.6.1.4.1.55555.1", "unknownCritical", "unknown, critical"),
                         "critical,DER:0500");
                     return leaf;
                 }),
        leaf_row("an extension that we never write",
                 "tls: the peer's certificate: it has an extension that our authorities never write",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.extensions.emplace_back(OBJ_create("1.3.6.1.4.1.55555.2", "unknownOther", "unknown, other"),
                                                  "DER:0500");
                     return leaf;
                 }),
        leaf_row("no authority key identifier", "tls: the peer's certificate: Missing Authority Key Identifier",
                 [](Door& d) { return without(d.leaf(), NID_authority_key_identifier); }),
        // OpenSSL finds no issuer for a certificate whose extensions it cannot make out.
        leaf_row(
            "a name given twice", "tls: the peer's certificate: unable to get local issuer certificate",
            [](Door& d) {
                auto leaf = d.leaf();
                leaf.extensions.emplace_back(NID_subject_alt_name,
                                             "critical,URI:" + d.uri("probation.testshire.satchel.invalid"));
                return leaf;
            },
            path),
    };
}

}  // namespace

std::vector<Row> forged_leaves()
{
    std::vector<Row> out;
    for (auto part : {names, purposes, forms})
        std::ranges::move(part(), std::back_inserter(out));
    return out;
}

}  // namespace satchel::test
