// Messages that claim more than they hold, or hold as many of the smallest things as they can: whoever reads them spends
// little more than their sender did.
#include <gtest/gtest.h>

#include "schema/wire/archive.hpp"
#include "schema/wire/compress.hpp"
#include "sync/core/messages.hpp"
#include "tests/unit/schema/wire/allocation_meter.hpp"

namespace satchel::test {
namespace {

using namespace sync;
using schema::wire::inflated_bytes_max;

template <class M>
struct Outcome {
    Result<M> message;
    std::size_t peak;  // bytes beyond what there was before
};

template <class M>
Outcome<M> reading(const Bytes& bytes)
{
    reset_peak();
    const auto before = allocated_now();
    auto message = schema::wire::unpack<M>(bytes);
    return {std::move(message), allocated_peak() - before};
}

// The message cut at each of its bytes, and there a length or count of nearly 4 GiB; then the same with as many bytes
// behind it as a frame can inflate to.
template <class M>
void expect_bounded(const M& message)
{
    const auto whole = schema::wire::pack(message);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        Bytes bomb(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at));
        Writer(bomb).var(0xfffffff0u);
        const auto small = reading<M>(bomb);
        EXPECT_LE(small.peak, 64u * 1024) << at;
        if (small.message)
            continue;  // it was a number
        EXPECT_TRUE(small.message.error().code == Errc::malformed || small.message.error().code == Errc::too_large) << at;
    }
    for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 64)
        for (const std::uint32_t count : {65'536u, 4'000'000u}) {
            Bytes bomb(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at));
            Writer(bomb).var(count);
            bomb.resize(inflated_bytes_max);
            EXPECT_LE(reading<M>(bomb).peak, 3 * inflated_bytes_max + 65'536 * 256) << at << " " << count;
        }
}

Bytes some(std::size_t n) { return Bytes(n, 1); }

TEST(MessageBombs, NoMessageCostsMoreThanItSays)
{
    Hello hello;
    hello.cursors.resize(2);
    expect_bounded(hello);
    HelloAck ack;
    ack.hats = {"police/team/role"};
    ack.barred = {{{}, "role", some(32), {}}};
    ack.deposit_key = some(32);
    expect_bounded(ack);
    expect_bounded(NewIncarnation{{}, some(32), {}, {{}, {}}});
    expect_bounded(PolicyMessage{some(9), {}});
    expect_bounded(PolicyAndAgencies{{some(9), {}}, {{"agency", {}, some(9)}, {"agency", {}, some(9)}}});
    Push push;
    push.items = {{some(9), {some(9), some(9)}, 1, {}, {}, {}}, {{}, {}, 1, Digest{}, CaseId{}, some(9)}};
    expect_bounded(push);
    expect_bounded(Receipt{});
    expect_bounded(Recall{{}, {{}, {}}});
    expect_bounded(Pull{});
    expect_bounded(Credit{});
    Page page;
    page.authors = {{some(9), {}, "name"}};
    page.batches = {{{}, {}, some(9)}};
    page.entries.resize(3);
    page.entries[0].changes = {some(9)};
    page.entries[1].kind = Entry::Kind::own;
    page.entries[2].kind = Entry::Kind::effect;
    expect_bounded(page);
    expect_bounded(Pulled{false, {{}, {}}});
    expect_bounded(Remove{{}, "moved", {}});
    expect_bounded(Removed{});
    expect_bounded(Refusal{"code", "message", "next"});
    EnrolRequest request;
    request.csr = some(9);
    expect_bounded(request);
    EnrolAnswer answer;
    answer.hats = {"a"};
    answer.agency_keys = {some(9)};
    expect_bounded(answer);
}

// A real page fits into push_bytes_max, and its smallest entry takes 34 bytes: far below the limit of elements.
//
// Found by counting: effects that say nothing take three bytes each, and a device made room for a million of them.
TEST(MessageBombs, APageOfEmptyEntriesIsRefused)
{
    Bytes bomb = schema::wire::pack(Page{});
    bomb.pop_back();  // no entries
    Writer out(bomb);
    out.var(1'000'000);
    for (int i = 0; i < 1'000'000; ++i)
        out.raw(std::array<std::uint8_t, 3>{static_cast<std::uint8_t>(Entry::Kind::effect), 0, 0});
    ASSERT_LE(bomb.size(), inflated_bytes_max);
    const auto read = reading<Page>(bomb);
    ASSERT_FALSE(read.message);
    EXPECT_EQ(read.message.error().code, Errc::too_large);
    EXPECT_LE(read.peak, 64u * 1024);
}

}  // namespace
}  // namespace satchel::test
