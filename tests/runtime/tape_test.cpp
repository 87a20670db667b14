// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the public interface does not show of tapes.
#include "runtime/tape.h"

#include <etch/etch.h>

#include <gtest/gtest.h>

#include <memory>

namespace etch::runtime {
namespace {

TEST(Tape, IsGoneOnceItHasGivenItsGradientsAndEnded) {
  const Tensor x = constant({1.0f, 2.0f});
  std::weak_ptr<Tape> gone;
  {
    const std::shared_ptr<Tape> tape = Tape::begin({}, {});
    gone = tape;
    tape->watch({x, nullptr}, {});
    const Tensor y = x * x;
    EXPECT_TRUE(tape->gradient(detail::gradient_leaves(y), detail::gradient_leaves(x), {}, {}).at(0).defined());
    tape->end();
  }
  EXPECT_TRUE(gone.expired());
  EXPECT_TRUE(Tape::noting().empty());
}

TEST(Tape, PassesCallsOnUntilTheScopeAboveItHasEnded) {
  const Tensor x = constant({1.0f, 2.0f});
  std::weak_ptr<Tape> gone;
  {
    const std::shared_ptr<Tape> tape = Tape::begin({}, {});
    gone = tape;
    {
      const DispatcherScope scope(Dispatcher::eager());
      tape->end();
    }
    EXPECT_TRUE((x * x).defined());
    EXPECT_TRUE(Tape::noting().empty());
  }
  EXPECT_FALSE(gone.expired());
  Tape::begin({}, {})->end();
  EXPECT_TRUE(gone.expired());
}

} // namespace
} // namespace etch::runtime
