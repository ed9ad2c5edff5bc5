// The key-slot files, both copies: as they are, and with a check sum that fits, since whoever writes one can compute it.
// The device secret is never the one they were made with, so that no passphrase is stretched here.
#include <algorithm>

#include "crypto/hash.hpp"
#include "crypto/keyslots.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace satchel::fuzz {
namespace {

using namespace crypto;

class TwoCopies final : public FileSystem {
public:
    TwoCopies(Bytes a, Bytes b) : a_(std::move(a)), b_(std::move(b)) {}
    Result<Bytes> read(const std::string& path, std::size_t max) override
    {
        const auto& found = path.ends_with('a') ? a_ : b_;
        if (found.empty())
            return fail(Errc::not_found);
        if (found.size() > max)
            return fail(Errc::too_large);
        return found;
    }
    Result<void> write_durable(const std::string&, ByteView) override
    {
        promise(false, "nothing is written before a passphrase has opened a slot");
        return {};
    }
    Result<void> remove(const std::string&) override { return {}; }
    Result<bool> exists(const std::string&) override { return true; }

private:
    Bytes a_, b_;
};

class ForeignSecret final : public DeviceSecret {
public:
    Result<SecretBytes> load() override { return SecretBytes(32); }
    Result<SecretBytes> create(Random&) override { return SecretBytes(32); }
};

Bytes with_sum(ByteView body)
{
    Bytes out(body.begin(), body.end());
    const auto sum = sha256(body);
    out.insert(out.end(), sum.begin(), sum.end());
    return out;
}

void try_copies(Bytes a, Bytes b)
{
    TwoCopies files(std::move(a), std::move(b));
    ForeignSecret secret;
    KeySlots slots(files, secret, "folder");
    const auto info = slots.info();
    if (info)
        promise(info->kdf.acceptable(), "what is read is neither cheaper nor dearer than the bounds");
    static const auto passphrase = SecretBytes::copy_of(view("an invented passphrase"));
    const auto opened = slots.unlock(passphrase);
    promise(!opened, "a foreign device opens nothing");
    promise(!info || opened.error().code == Errc::wrong_key, "and is told so");
    static const auto recovery = SealingKey::from_seed(Bytes(32, 9));
    promise(!slots.recover(*recovery), "a foreign recovery key opens nothing");
}

}  // namespace

void run(ByteView input)
{
    const auto how = choice(input, 3);
    const auto half = input.first(how == 2 ? input.size() / 2 : input.size());
    const auto rest = input.subspan(half.size());
    if (how == 0)
        return try_copies(Bytes(half.begin(), half.end()), {});
    try_copies(with_sum(half), how == 2 ? with_sum(rest) : Bytes{});
}

}  // namespace satchel::fuzz
