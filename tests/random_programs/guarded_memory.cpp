// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Takes the place of the tensor allocator in test programs: every block ends at a page that must
// not be touched, what is left and right of it is checked when it is released, and fresh memory holds no useful value.
#include <etch/error.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kAlignment = 64; // kernels may count on it
constexpr unsigned char kOutside = 0xCB;
constexpr unsigned char kFresh = 0xFF; // a NaN, or -1

/// Pages of one block: a guard, the pages that hold the elements as far right as their alignment allows, a guard.
struct Layout {
  explicit Layout(int64_t count) : bytes(static_cast<size_t>(count)) {
    const size_t aligned = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    inner = (aligned + kPage - 1) / kPage * kPage + (aligned == 0 ? kPage : 0);
    begin = inner - aligned;
  }

  size_t bytes;
  size_t inner; ///< accessible bytes
  size_t begin; ///< of the elements within them
};

int64_t physical_memory() { return int64_t{sysconf(_SC_PHYS_PAGES)} * static_cast<int64_t>(kPage); }

bool untouched(const unsigned char *from, const unsigned char *to) {
  for (; from < to; ++from)
    if (*from != kOutside)
      return false;
  return true;
}

} // namespace

extern "C" {

void *__real__ZN4etch7runtime8allocateElNS_8LocationE(int64_t bytes, etch::Location location);

void *__wrap__ZN4etch7runtime8allocateElNS_8LocationE(int64_t bytes, etch::Location location) {
  // What no machine holds may be reserved all the same: the allocator says what the user would see.
  if (bytes < 0 || bytes > physical_memory())
    return __real__ZN4etch7runtime8allocateElNS_8LocationE(bytes, location);
  const Layout layout(bytes);
  void *pages = mmap(nullptr, layout.inner + 2 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  auto *inner = static_cast<unsigned char *>(pages) + kPage;
  if (pages == MAP_FAILED || mprotect(inner, layout.inner, PROT_READ | PROT_WRITE) != 0) {
    __real__ZN4etch7runtime8allocateElNS_8LocationE(bytes, location); // throws what the user would see
    std::fputs("no guarded memory left\n", stderr);
    std::abort();
  }
  std::memset(inner, kOutside, layout.inner);
  std::memset(inner + layout.begin, kFresh, layout.bytes);
  return inner + layout.begin;
}

void __wrap__ZN4etch7runtime7releaseEPvl(void *block, int64_t bytes) {
  const Layout layout(bytes);
  auto *elements = static_cast<unsigned char *>(block);
  auto *inner = elements - layout.begin;
  if (!untouched(inner, elements) || !untouched(elements + layout.bytes, inner + layout.inner)) {
    std::fprintf(stderr, "memory beside a block of %lld bytes was written\n", static_cast<long long>(bytes));
    std::abort();
  }
  munmap(inner - kPage, layout.inner + 2 * kPage);
}
}
