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

} // namespace
} // namespace etch
