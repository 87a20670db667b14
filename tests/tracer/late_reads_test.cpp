// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// etch::late asks once at each call, as the callable itself does.
#include "tests/tracer/bits.h"

#include <optional>
#include <stdexcept>

namespace etch {
namespace {

using test::both_ways;
using test::error_of;
using test::ramp;
using test::same_bits;

/// 1, 2, 3, … as tensors of two elements.
struct Counter {
  int reads = 0;
  Tensor next() {
    const auto n = static_cast<float>(++reads);
    return full({2}, n);
  }
};

TEST(LateReads, OnceForEachCall) {
  both_ways([] {
    Counter counter;
    auto f = function([&](Tensor x) { return x * late([&] { return counter.next(); }); });
    for (int call = 1; call < 5; ++call) {
      EXPECT_TRUE(same_bits(f(ones({2})), full({2}, static_cast<float>(call))));
      EXPECT_EQ(counter.reads, call);
    }
  });
}

TEST(LateReads, OnceForEachCallOfFunctionsInside) {
  for (const bool no_inline : {false, true})
    both_ways([&] {
      Counter counter;
      auto inner =
          function([&](Tensor x) { return x * late([&] { return counter.next(); }); }, {.no_inline = no_inline});
      auto middle = function([&](Tensor x) { return inner(x); });
      auto outer = function([&](Tensor x) {
        const Tensor first = middle(x);
        return first + 100.0f * inner(x);
      });
      for (int call = 0; call < 4; ++call) {
        const auto first = static_cast<float>(2 * call + 1);
        EXPECT_TRUE(same_bits(outer(ones({2})), full({2}, first + 100.0f * (first + 1.0f)))) << call;
        EXPECT_EQ(counter.reads, 2 * call + 2);
      }
    });
}

TEST(LateReads, OnceWhereACheckFails) {
  both_ways([] {
    Counter counter;
    auto f = function([&](Tensor x) {
      const Tensor y = x * late([&] { return counter.next(); });
      check(reduce_all(y < 2.5f), "too large: {}", y);
      return y;
    });
    f(ones({2}));
    f(ones({2}));
    EXPECT_EQ(error_of([&] { f(ones({2})); }).summary(), "check: too large: [3. 3.]");
    EXPECT_EQ(counter.reads, 3);
    EXPECT_EQ(error_of([&] { f(ones({2})); }).summary(), "check: too large: [4. 4.]");
    EXPECT_EQ(counter.reads, 4);
  });
}

TEST(LateReads, OnceWhereTheCallableThrows) {
  both_ways([] {
    Counter counter;
    Variable seen(zeros({2}), "seen");
    bool throws = true;
    auto f = function([&](Tensor x) {
      seen.assign(x * late([&] { return counter.next(); }));
      if (throws)
        throw std::runtime_error("no");
      return x;
    });
    EXPECT_THROW(f(ones({2})), std::runtime_error);
    EXPECT_EQ(counter.reads, 1);
    EXPECT_TRUE(same_bits(seen.value(), ones({2})));
    throws = false;
    f(ones({2}));
    EXPECT_EQ(counter.reads, 2);
    EXPECT_TRUE(same_bits(seen.value(), full({2}, 2.0f)));
  });
}

TEST(LateReads, OnceWhereVariablesAreMade) {
  both_ways([] {
    Counter counter;
    std::optional<Variable> w;
    auto f = function([&](Tensor x) {
      const Tensor now = late([&] { return counter.next(); });
      if (!w)
        w.emplace(now * 10.0f, "w");
      return x * now + *w;
    });
    EXPECT_TRUE(same_bits(f(ones({2})), full({2}, 11.0f)));
    EXPECT_EQ(counter.reads, 1);
    EXPECT_TRUE(same_bits(f(ones({2})), full({2}, 12.0f)));
    EXPECT_EQ(counter.reads, 2);
  });
}

TEST(LateReads, AnewAfterWhatIsNoCall) {
  Counter counter;
  auto f = function([&](Tensor x) { return x * late([&] { return counter.next(); }); });
  auto outer = function([&](Tensor x) { return f(x); });
  const auto concrete = outer.concrete(spec<float>({2}));
  EXPECT_EQ(counter.reads, 1) << "for its type";
  EXPECT_TRUE(same_bits(concrete(ones({2})), full({2}, 2.0f)));
  EXPECT_TRUE(same_bits(outer(ones({2})), full({2}, 3.0f)));
  EXPECT_TRUE(same_bits(f(ones({2})), full({2}, 4.0f)));
}

TEST(LateReads, OnceWithOpenExtents) {
  Counter counter;
  auto f = function([&](Tensor x) { return x * late([&] { return counter.next(); }); }, {.shapes = Shapes::rank});
  EXPECT_TRUE(same_bits(f(ones({3, 2})), full({3, 2}, 1.0f)));
  EXPECT_TRUE(same_bits(f(ones({4, 2})), full({4, 2}, 2.0f)));
  EXPECT_EQ(counter.reads, 2);
}

} // namespace
} // namespace etch
