#include "tests/simulation/scarce_memory.hpp"

#include <cstdlib>
#include <new>

#include <sqlite3.h>

#include "schema/base/result.hpp"

namespace satchel::simulation::scarce_memory {
namespace {

std::uint64_t called[2] = {}, fail_in[2] = {};
bool has_struck = false;
unsigned within_store = 0;
sqlite3_mem_methods usual;

bool fails(Whose whose) noexcept
{
    const auto i = static_cast<std::size_t>(whose);
    ++called[i];
    if (fail_in[i] == 0 || --fail_in[i] > 0)
        return false;
    has_struck = true;
    return true;
}

void* store_malloc(int size) { return fails(Whose::store) ? nullptr : usual.xMalloc(size); }
void* store_realloc(void* block, int size) { return fails(Whose::store) ? nullptr : usual.xRealloc(block, size); }

struct Within {
    Within() noexcept { ++within_store; }
    ~Within() { --within_store; }
    Within(const Within&) = delete;
    Within& operator=(const Within&) = delete;
};

}  // namespace

void begin()
{
    SATCHEL_CHECK(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual) == SQLITE_OK);
    auto ours = usual;
    ours.xMalloc = store_malloc;
    ours.xRealloc = store_realloc;
    SATCHEL_CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) == SQLITE_OK);
}

void fail_after(Whose whose, std::uint64_t n) noexcept { fail_in[static_cast<std::size_t>(whose)] = n; }
std::uint64_t calls(Whose whose) noexcept { return called[static_cast<std::size_t>(whose)]; }
bool struck() noexcept { return has_struck; }
void enough() noexcept { fail_in[0] = fail_in[1] = 0; }

}  // namespace satchel::simulation::scarce_memory

void* operator new(std::size_t size)
{
    using namespace satchel::simulation::scarce_memory;
    if (within_store == 0 && fails(Whose::program))
        throw std::bad_alloc();
    if (void* const out = std::malloc(size))
        return out;
    throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

// The calls of SQLite that reach a disk or run a statement (LINKER:--wrap).
#define WRAP(name, parameters, arguments)                              \
    extern "C" int __real_##name parameters;                           \
    extern "C" int __wrap_##name parameters                            \
    {                                                                  \
        const satchel::simulation::scarce_memory::Within within;       \
        return __real_##name arguments;                                \
    }

WRAP(sqlite3_step, (sqlite3_stmt * a), (a))
WRAP(sqlite3_reset, (sqlite3_stmt * a), (a))
WRAP(sqlite3_finalize, (sqlite3_stmt * a), (a))
WRAP(sqlite3_open_v2, (const char* a, sqlite3** b, int c, const char* d), (a, b, c, d))
WRAP(sqlite3_close, (sqlite3 * a), (a))
WRAP(sqlite3_exec, (sqlite3 * a, const char* b, int (*c)(void*, int, char**, char**), void* d, char** e), (a, b, c, d, e))
WRAP(sqlite3_prepare_v3, (sqlite3 * a, const char* b, int c, unsigned int d, sqlite3_stmt** e, const char** f), (a, b, c, d, e, f))
WRAP(sqlite3_wal_checkpoint_v2, (sqlite3 * a, const char* b, int c, int* d, int* e), (a, b, c, d, e))
