// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// The element-wise loops of one level are compiled in shards, side by side: in one file they would take minutes. The
// loops of op number i stand in shard i % kElementwiseShards, row i / kElementwiseShards.

#include "runtime/kernels/table.h"

namespace etch::runtime {

constexpr int kOpCount = [] {
  int count = 0;
#define ETCH_LOOP(op_index, ...) count = op_index < count ? count : op_index + 1;
#define ETCH_REDUCE(op_index, ...) count = op_index < count ? count : op_index + 1;
#define ETCH_IN_SHARD(op_index) 1
#define ETCH_TEXT(...)
#include "ops/eager_rows.inc"
#undef ETCH_LOOP
#undef ETCH_REDUCE
#undef ETCH_IN_SHARD
#undef ETCH_TEXT
  return count;
}();

struct ElementwiseRows {
  KernelTable::ElementwiseByDType of[kOpCount / kElementwiseShards + 1];
};

/// Defined by runtime/kernels/elementwise_shard.cpp.in, once for each level and shard.
template <int level, int shard>
struct ElementwiseShard {
  static const ElementwiseRows rows;
};

} // namespace etch::runtime
