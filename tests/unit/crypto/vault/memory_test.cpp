// When memory is short: what failed is undone, and nobody else has to wait for it.
#include <atomic>

#include <sqlite3.h>

#include "crypto/vault/database.hpp"
#include "tests/unit/crypto/vault/store_fixture.hpp"

namespace satchel::crypto {
namespace {

std::atomic<bool> none_left = false;
sqlite3_mem_methods usual;

void* allocate(int size) { return none_left ? nullptr : usual.xMalloc(size); }
void* enlarge(void* block, int size) { return none_left ? nullptr : usual.xRealloc(block, size); }

// Before the engine starts: after that it takes no other allocator.
const bool replaced = [] {
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual) != SQLITE_OK)
        return false;
    auto ours = usual;
    ours.xMalloc = allocate;
    ours.xRealloc = enlarge;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) == SQLITE_OK;
}();

class ScarceMemory : public StoreTest {};

// Found by failing allocations: the roll-back could not be compiled, its connection kept the lock, and a hub that opened a
// second one was told for ever that the store is busy.
TEST_F(ScarceMemory, ATransactionThatCannotGoOnLetsOthersWrite)
{
    ASSERT_TRUE(replaced);
    auto writer = create(OpenMode::writer_shared);
    ASSERT_EQ(outcome(writer.exec_script("CREATE TABLE t(a INTEGER)")), "ok");
    {
        auto transaction = Transaction::begin(writer);
        ASSERT_EQ(outcome(transaction), "ok");
        ASSERT_EQ(outcome(writer.run("INSERT INTO t VALUES(1)")), "ok");
        none_left = true;
        EXPECT_NE(outcome(writer.exec_script("INSERT INTO t VALUES(2)")), "ok");
    }
    none_left = false;
    EXPECT_FALSE(writer.poisoned());
    auto other = open(OpenMode::writer_shared);
    ASSERT_EQ(outcome(other), "ok");
    EXPECT_EQ(outcome(other->run("INSERT INTO t VALUES(3)")), "ok");
    EXPECT_EQ(*writer.lookup_int64("SELECT sum(a) FROM t"), 3);
}

}  // namespace
}  // namespace satchel::crypto
