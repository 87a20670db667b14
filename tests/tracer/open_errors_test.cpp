// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A callable that throws while it is recorded for open extents.
#include "tests/tracer/bits.h"

#include <stdexcept>

namespace etch {
namespace {

using test::ramp;

const Options kOpen[] = {{.shapes = Shapes::rank}, {.input_signature = {spec<float>({dyn})}}};

TEST(OpenErrors, AnExceptionOfTheUsersEndsTheCallAtOnce) {
  for (const Options &options : kOpen) {
    int runs = 0;
    auto f = function(
        [&](Tensor x) {
          if (++runs == 1)
            throw std::runtime_error("the first time");
          return x;
        },
        options);
    EXPECT_THROW(f(ramp({3})), std::runtime_error);
    EXPECT_EQ(runs, 1);
    f(ramp({3}));
    EXPECT_EQ(runs, 2);
  }
}

TEST(OpenErrors, AnErrorOfTheUsersEndsTheCallAtOnceAndKeepsWhatWasDoneBefore) {
  for (const Options &options : kOpen) {
    int runs = 0;
    const Variable v(ramp({3}), "v");
    auto f = function(
        [&](Tensor x) {
          v.assign_add(ones({3}));
          if (++runs == 1)
            throw Error(ErrorCode::invalid_argument, "the first time");
          return x;
        },
        options);
    EXPECT_THROW(f(ramp({3})), Error);
    EXPECT_EQ(runs, 1);
    EXPECT_TRUE(test::same_bits(v.value(), ramp({3}) + 1.0f));
    f(ramp({3}));
    EXPECT_EQ(runs, 2);
  }
}

TEST(OpenErrors, AnErrorOfKnownShapesEndsTheCallAtOnce) {
  for (const Options &options : kOpen) {
    int runs = 0;
    auto f = function(
        [&](Tensor x) {
          ++runs;
          return x + reduce_sum(matmul(ones({2, 3}), ones({4, 5})));
        },
        options);
    EXPECT_THROW(f(ramp({3})), Error);
    EXPECT_EQ(runs, 1);
  }
}

TEST(OpenErrors, AnErrorThatShowsAnOpenExtentHasTheWordsOfTheCall) {
  int runs = 0;
  auto f = function(
      [&](Tensor x) {
        ++runs;
        return matmul(x, ones({4, 5}));
      },
      {.shapes = Shapes::rank});
  try {
    f(ramp({2, 3}));
    ADD_FAILURE() << "no error";
  } catch (const Error &error) {
    EXPECT_EQ(error.summary(), "matmul: inner dimensions must match, got a: f32[2,3] and b: f32[4,5] (3 != 4)");
  }
  EXPECT_LE(runs, 2);
}

TEST(OpenErrors, InsideAnotherFunctionToo) {
  for (const Options &options : kOpen) {
    int runs = 0;
    auto inner = function(
        [&](Tensor x) {
          if (++runs == 1)
            throw Error(ErrorCode::invalid_argument, "the first time");
          return x;
        },
        options);
    auto f = function([&](Tensor x) { return inner(x) * 2.0f; }, options);
    EXPECT_THROW(f(ramp({3})), Error);
    EXPECT_EQ(runs, 1);
  }
}

} // namespace
} // namespace etch
