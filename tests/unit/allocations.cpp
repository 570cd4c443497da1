#include "allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLIPS_TEST_COUNTS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SLIPS_TEST_COUNTS 0
#endif
#endif
#ifndef SLIPS_TEST_COUNTS
#define SLIPS_TEST_COUNTS 1
#endif

#if SLIPS_TEST_COUNTS
namespace {
std::atomic<std::size_t> count{0};
}

std::optional<std::size_t> allocations_so_far() { return count.load(); }

void* operator new(std::size_t size) {
    ++count;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#else
std::optional<std::size_t> allocations_so_far() { return std::nullopt; }
#endif
