#include "allocation_meter.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

std::atomic<std::size_t> now{0};
std::atomic<std::size_t> peak{0};
std::atomic<std::size_t> ever{0};

void* counted(std::size_t size)
{
    void* const p = std::malloc(size);
    if (p == nullptr)
        throw std::bad_alloc();
    ever.fetch_add(malloc_usable_size(p));
    const auto total = now.fetch_add(malloc_usable_size(p)) + malloc_usable_size(p);
    auto before = peak.load();
    while (before < total && !peak.compare_exchange_weak(before, total)) {
    }
    return p;
}

void uncounted(void* p) noexcept
{
    if (p != nullptr)
        now.fetch_sub(malloc_usable_size(p));
    std::free(p);
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
// As std::stable_sort asks: a sanitizer has one of its own that the others would not match.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    try {
        return counted(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void operator delete(void* p) noexcept { uncounted(p); }
void operator delete[](void* p) noexcept { uncounted(p); }
void operator delete(void* p, std::size_t) noexcept { uncounted(p); }
void operator delete[](void* p, std::size_t) noexcept { uncounted(p); }

namespace satchel::test {

std::size_t allocated_now() noexcept { return now.load(); }
std::size_t allocated_peak() noexcept { return peak.load(); }
std::size_t allocated_ever() noexcept { return ever.load(); }
void reset_peak() noexcept { peak.store(now.load()); }

}  // namespace satchel::test
