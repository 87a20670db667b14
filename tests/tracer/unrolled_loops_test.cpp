// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A loop of C++ that a trace unrolls is spoken of when one line of it has recorded more than a thousand operations.
#include "tests/tracer/bits.h"

#include <string>

namespace etch {
namespace {

using test::ramp;
using test::same_bits;

/// What recording for a vector says on standard error.
template <class F>
std::string said_by(const F &function) {
  testing::internal::CaptureStderr();
  function.trace(spec<float>({4}));
  return testing::internal::GetCapturedStderr();
}

size_t warnings_in(const std::string &text) {
  size_t count = 0;
  for (size_t at = text.find("warning"); at != std::string::npos; at = text.find("warning", at + 1))
    ++count;
  return count;
}

auto repeated(int count) {
  return function([count](Tensor x) {
    for (int i = 0; i < count; ++i)
      x = exp(x);
    return x;
  });
}

TEST(UnrolledLoops, WarnAboveAThousandOperations) {
  EXPECT_EQ(said_by(repeated(1000)), "");
  const std::string text = said_by(repeated(3000));
  EXPECT_EQ(warnings_in(text), 1u) << text;
  EXPECT_NE(text.find("function 'function' has recorded 1001 operations at " __FILE__), std::string::npos) << text;
}

TEST(UnrolledLoops, WarnOnceForATrace) {
  auto f = function([](Tensor x) {
    for (int i = 0; i < 1100; ++i)
      x = exp(x);
    for (int i = 0; i < 1100; ++i)
      x = tanh(x);
    return x;
  });
  EXPECT_EQ(warnings_in(said_by(f)), 1u);
  EXPECT_EQ(said_by(f), "") << "the trace is known";
  f.clear_cache();
  EXPECT_EQ(warnings_in(said_by(f)), 1u);
}

TEST(UnrolledLoops, CountLinesOneByOne) {
  auto f = function([](Tensor x) {
    for (int i = 0; i < 400; ++i) {
      x = exp(x);
      x = tanh(x);
      x = x + 1.0f;
    }
    return x;
  });
  EXPECT_EQ(said_by(f), "");
}

TEST(UnrolledLoops, MayCallWhatIsCompiledOnce) {
  auto body = function([](Tensor x) { return exp(x); }, {.no_inline = true});
  auto f = function([&](Tensor x) {
    for (int i = 0; i < 1100; ++i)
      x = body(x);
    return x;
  });
  EXPECT_EQ(said_by(f), "");
  auto inlined = function([](Tensor x) { return exp(x); });
  auto g = function([&](Tensor x) {
    for (int i = 0; i < 1100; ++i)
      x = inlined(x);
    return x;
  });
  EXPECT_EQ(warnings_in(said_by(g)), 1u);
}

} // namespace
} // namespace etch
