// A changeset in the bytes that its author hashed and signed: header, changes, and sealed work of a barred user.
#include <algorithm>

#include "schema/change/change.hpp"
#include "sync/core/deposit.hpp"
#include "sync/core/proof.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace satchel::fuzz {
namespace {

bool same(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

void try_header(ByteView input)
{
    const auto header = schema::decode_header(input);
    if (!header)
        return;
    Bytes again;
    Writer out(again);
    schema::encode(out, *header);
    promise(same(again, input), "a header has one encoding");
}

void try_change(ByteView input)
{
    const auto change = schema::decode_change(input);
    if (!change)
        return;
    promise(same(schema::encode(*change), input), "a change has one encoding");
    for (const auto& value : change->values)
        (void)schema::to_text(value.value);
}

void try_work(ByteView input)
{
    const auto work = sync::decode_deposit(input);
    if (!work)
        return;
    promise(same(sync::encode_deposit(*work), input), "sealed work has one encoding");
    const auto opened = sync::open(*work);
    if (!opened)
        return;
    promise(opened->changes.size() == work->changes.size() && opened->versions.size() == work->changes.size(),
            "each change makes a version");
}

}  // namespace

void run(ByteView input)
{
    switch (choice(input, 3)) {
    case 0:
        return try_header(input);
    case 1:
        return try_change(input);
    default:
        return try_work(input);
    }
}

}  // namespace satchel::fuzz
