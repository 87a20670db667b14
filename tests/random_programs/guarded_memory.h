// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

namespace etch::test {

enum class GuardSide {
  either, ///< in turn
  right,  ///< the page behind the last element: not one element more can be read
  left    ///< the page before the block's header, which the first element follows
};

/// Where blocks made from now on have their guard page. Null in programs without guarded memory.
[[gnu::weak]] void guard_side(GuardSide side);

} // namespace etch::test
