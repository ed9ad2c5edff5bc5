#include "tests/identity/door.hpp"

#include <csignal>

namespace satchel::test {

Door::Door()
    : user(world.user("Invented Police", police_role)), good(world.enrol(user, police_role)),
      thief(CertificateKey::generate(world.random()))
{
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own sockets raise it where the hub has hung up
    auto& service = world.service();
    const auto make = [&service](crypto::TlsProtocol protocol, Committer& committer,
                                 const std::shared_ptr<Mailbox>& mailbox) {
        return make_hub_machine(service, protocol, committer, mailbox);
    };
    server_ = must(HubServer::open(service, world.keys, world.clock, make));
    server_->on_handshake_failure([this](const std::string&, const Error& why) {
        const std::lock_guard lock(mutex_);
        failure_ = why.detail;
    });
    thread_ = std::thread([this] { server_->run(); });
    while (server_->counts().ticks == 0)  // which writes
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

Door::~Door()
{
    server_->stop();
    thread_.join();
}

// The head of the audit chain says it all about the history; the counts see to the tables beside it.
std::string Door::state()
{
    const auto view = must(world.store().view());
    const auto head = must(view->head());
    const auto c = must(view->counts());
    std::string out = to_hex(head.audit) + " " + std::to_string(static_cast<std::int64_t>(head.position));
    for (const auto n : {c.entries, c.changesets, c.effects, c.held, c.forks, c.cases, c.records, c.users,
                         c.credentials, c.open_items})
        out += " " + std::to_string(n);
    return out;
}

std::string Door::try_with(const Wish& wish, const Speech& speech, const std::function<void(SSL*)>& more,
                           ByteView early)
{
    const auto before = state();
    {
        const std::lock_guard lock(mutex_);
        failure_.clear();
    }
    const auto context = hostile::context_for(wish);
    if (context == nullptr)
        return "the tools do not take this credential";
    std::string alert;
    hostile::Heard heard;
    {
        hostile::RawPeer peer(port(), context.get(), more, early);
        if (peer.shaken()) {
            peer.write(speech ? speech(peer.channel()) : hello_of(good)(peer.channel()));
            peer.half_close();
            heard = peer.rest();
        }
        alert = peer.alert();
    }
    const auto due = std::chrono::steady_clock::now() + hostile::patience;
    for (auto counts = server_->counts();
         counts.sessions + counts.handshakes > 0 && std::chrono::steady_clock::now() < due; counts = server_->counts())
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    EXPECT_EQ(state(), before) << "changed by somebody who has no business here";
    EXPECT_NE(heard.end, hostile::Heard::End::timed_out);

    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) {
        EXPECT_TRUE(heard.frames.empty()) << "told something before it was judged";
        EXPECT_NE(alert, "") << failure_ << ": the peer is not told";
        return "tls: " + failure_;
    }
    if (heard.frames.empty())
        return "not heard";
    const auto& first = heard.frames.front();
    if (first.type == static_cast<std::uint8_t>(MessageType::refusal)) {
        const auto refusal = must(schema::wire::unpack<Refusal>(first.payload));
        return "refused: " + refusal.code + ": " + refusal.message;
    }
    if (first.type == static_cast<std::uint8_t>(MessageType::hello_ack)) {
        const auto ack = must(schema::wire::unpack<HelloAck>(first.payload));
        return ack.standing == HelloAck::Standing::barred ? "barred" : "in";
    }
    return "answered";
}

Door::Speech Door::hello_of(const Device& device, const std::function<void(Hello&)>& alter)
{
    const auto policy = world.service().policy();
    return [device, alter, policy](const Digest& channel) {
        auto hello = HubWorld::hello(device, channel);
        hello.policy_version = policy->version;
        hello.policy_digest = policy->digest;
        if (alter)
            alter(hello);
        return framed(MessageType::hello, schema::wire::pack(hello));
    };
}

std::string Door::uri(const std::string& host, const std::string& rest) const
{
    return "spiffe://" + host + "/device/" + to_string(good.credential) + rest;
}

Forgery Door::leaf_named(const std::string& names)
{
    Forgery out;
    out.extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                      {NID_key_usage, "critical,digitalSignature"},
                      {NID_ext_key_usage, "clientAuth"},
                      {NID_subject_key_identifier, "hash"},
                      {NID_authority_key_identifier, "keyid:always"}};
    if (!names.empty())
        out.extensions.emplace_back(NID_subject_alt_name, names);
    return out;
}

Wish Door::with(const Forgery& leaf, const IssuingAuthority& by) const
{
    return {{crypto::forge(leaf, thief.handle(), by.certificate(), by.key(), now()), by.certificate()}, thief.handle()};
}

Forgery without(Forgery leaf, int nid)
{
    std::erase_if(leaf.extensions, [nid](const auto& extension) { return extension.first == nid; });
    return leaf;
}

Forgery instead(Forgery leaf, int nid, const std::string& value)
{
    auto out = without(std::move(leaf), nid);
    out.extensions.emplace_back(nid, value);
    return out;
}

std::string raw_uri(std::string_view bytes)
{
    constexpr char digits[] = "0123456789ABCDEF";
    SATCHEL_CHECK(bytes.size() < 126);
    std::string der{'\x30', static_cast<char>(bytes.size() + 2), '\x86', static_cast<char>(bytes.size())};
    der += bytes;
    std::string out = "critical,DER:";
    for (const char c : der) {
        out += digits[static_cast<std::uint8_t>(c) >> 4];
        out += digits[static_cast<std::uint8_t>(c) & 15];
    }
    return out;
}

}  // namespace satchel::test
