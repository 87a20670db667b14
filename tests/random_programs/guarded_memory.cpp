// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Takes the place of the tensor allocator in test programs: every block ends or begins at a page that must not be
// touched, what is beside it is checked when it is released, and fresh memory holds no useful value.
#include "tests/random_programs/guarded_memory.h"

#include "runtime/concrete_tensor.h"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

namespace {

using etch::runtime::Buffer;
using etch::test::GuardSide;

constexpr size_t kPage = 4096;
constexpr size_t kLine = 64;
constexpr unsigned char kOutside = 0xCB;
constexpr unsigned char kFresh = 0xFF; // a NaN, or -1

// A block is a Buffer and the elements behind it. No code counts on more than an element's own alignment, as views
// begin at any element, so the last one ends at the page; the header in front is then at any address, which the
// processor allows. Only its counter of references must not lie across two lines: kernels may trap such locked
// instructions.
static_assert(sizeof(Buffer) == kLine && offsetof(Buffer, references) == 0);
constexpr size_t kHeaderBytes = offsetof(Buffer, bytes) + sizeof(int64_t); // the rest of the header is never used

/// From the first accessible byte to the block, where the block ends at the page behind.
size_t begin_at_right(size_t inner, size_t bytes) {
  const size_t begin = inner - bytes;
  const bool splits = begin % kLine > kLine - sizeof(int32_t);
  return splits ? begin - begin % sizeof(int32_t) : begin;
}

size_t inner_bytes(size_t bytes) { return bytes == 0 ? kPage : (bytes + kPage - 1) / kPage * kPage; }

int64_t physical_memory() { return int64_t{sysconf(_SC_PHYS_PAGES)} * static_cast<int64_t>(kPage); }

std::atomic<GuardSide> chosen_side{GuardSide::either};
std::atomic<unsigned> blocks{0};

bool goes_left() {
  const GuardSide side = chosen_side;
  return side == GuardSide::either ? ++blocks % 2 == 0 : side == GuardSide::left;
}

bool untouched(const unsigned char *from, const unsigned char *to) {
  for (; from < to; ++from)
    if (*from != kOutside)
      return false;
  return true;
}

} // namespace

void etch::test::guard_side(GuardSide side) { chosen_side = side; }

extern "C" {

void *__real__ZN4etch7runtime8allocateElNS_8LocationE(int64_t bytes, etch::Location location);

void *__wrap__ZN4etch7runtime8allocateElNS_8LocationE(int64_t bytes, etch::Location location) {
  // What no machine holds may be reserved all the same: the allocator says what the user would see.
  if (bytes < 0 || bytes > physical_memory())
    return __real__ZN4etch7runtime8allocateElNS_8LocationE(bytes, location);
  const size_t count = static_cast<size_t>(bytes), inner = inner_bytes(count);
  void *pages = mmap(nullptr, inner + 2 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  auto *first = static_cast<unsigned char *>(pages) + kPage;
  if (pages == MAP_FAILED || mprotect(first, inner, PROT_READ | PROT_WRITE) != 0) {
    __real__ZN4etch7runtime8allocateElNS_8LocationE(bytes, location); // throws what the user would see
    std::fputs("no guarded memory left\n", stderr);
    std::abort();
  }
  unsigned char *block = first + (goes_left() ? 0 : begin_at_right(inner, count));
  std::memset(first, kOutside, inner);
  if (count > kLine)
    std::memset(block + kLine, kFresh, count - kLine);
  return block;
}

void __wrap__ZN4etch7runtime7releaseEPvl(void *released, int64_t bytes) {
  auto *block = static_cast<unsigned char *>(released);
  const size_t count = static_cast<size_t>(bytes), inner = inner_bytes(count);
  // On the left, and on the right where both are the same, it begins at a page.
  const bool at_page = reinterpret_cast<uintptr_t>(block) % kPage == 0;
  unsigned char *first = block - (at_page ? 0 : begin_at_right(inner, count));
  if (!untouched(first, block) || !untouched(block + kHeaderBytes, block + kLine) ||
      !untouched(block + count, first + inner)) {
    std::fprintf(stderr, "memory beside a block of %lld bytes was written\n", static_cast<long long>(bytes));
    std::abort();
  }
  munmap(first - kPage, inner + 2 * kPage);
}
}
