// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

namespace etch::runtime {

/// A range [begin, end) of tiles. Must not throw.
using TileBody = void (*)(void *context, int64_t begin, int64_t end);

/// Runs body over [0, tiles) in disjoint ranges, on this thread and the pool's, and returns when all are done. No range
/// but the last is shorter than `grain`. Runs everything here when that makes a single range, inside another
/// parallel_for, and while a different thread uses the pool. Results must not depend on the ranges.
void parallel_for(int64_t tiles, int64_t grain, TileBody body, void *context);

/// The same for a function object body(begin, end).
template <class Body>
void parallel_for(int64_t tiles, int64_t grain, const Body &body) {
  parallel_for(
      tiles, grain,
      [](void *context, int64_t begin, int64_t end) { (*static_cast<const Body *>(context))(begin, end); },
      const_cast<Body *>(&body));
}

} // namespace etch::runtime
