// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which calls of functions inside functions an error names: the same whether they run eagerly, are being traced, or
// run as machine code.
#include "tests/tracer/bits.h"

#include <sstream>

namespace etch {
namespace {

using test::both_ways;
using test::error_of;
using test::ramp;

/// "inner:12", for each call that is named, innermost first.
std::vector<std::string> calls_of(const Error &error) {
  std::vector<std::string> calls;
  std::istringstream text(error.what());
  for (std::string line; std::getline(text, line);)
    if (const std::string begin = "  note: in a call of '"; line.starts_with(begin))
      calls.push_back(line.substr(begin.size(), line.find('\'', begin.size()) - begin.size()) +
                      line.substr(std::min(line.rfind(':'), line.size())));
  return calls;
}

std::string call(const char *name, int line) { return std::string(name) + ":" + std::to_string(line); }

using Calls = std::vector<std::string>;

class ErrorCalls : public ::testing::TestWithParam<bool> {
protected:
  Options options(const char *name) const { return {.name = name, .no_inline = GetParam()}; }
};

TEST_P(ErrorCalls, LeadToTheFailingLine) {
  both_ways([&] {
    int line[3] = {};
    auto inner = function(
        [&](Tensor x) {
          check(x > 0.0f, "positive");
          return x * 2.0f;
        },
        options("inner"));
    auto middle = function(
        [&](Tensor x) {
          line[0] = __LINE__ + 1;
          return inner(x) + 1.0f;
        },
        options("middle"));
    auto outer = function(
        [&](Tensor x) {
          line[1] = __LINE__ + 1;
          const Tensor y = middle(x);
          line[2] = __LINE__ + 1;
          return inner(y - 10.0f);
        },
        options("outer"));
    const auto calls = [&](float x) { return calls_of(error_of([&] { outer(x); })); };
    for (const bool is_warm : {false, true}) {
      SCOPED_TRACE(is_warm);
      const Calls deep = calls(-1.0f), shallow = calls(2.0f); // the lines are known afterwards
      EXPECT_EQ(deep, (Calls{call("inner", line[0]), call("middle", line[1])}));
      EXPECT_EQ(shallow, Calls{call("inner", line[2])});
      EXPECT_EQ(outer(6.0f).item<float>(), 6.0f);
    }
    EXPECT_EQ(calls_of(error_of([&] { inner(-1.0f); })), Calls()) << "called by no other";
  });
}

TEST_P(ErrorCalls, LeadToMistakesOfTheCallable) {
  both_ways([&] {
    int line = 0;
    auto inner = function([&](Tensor x) { return matmul(x, x); }, options("inner"));
    auto outer = function(
        [&](Tensor x) {
          line = __LINE__ + 1;
          return inner(x) + 1.0f;
        },
        options("outer"));
    for (int i = 0; i < 2; ++i) {
      const Calls calls = calls_of(error_of([&] { outer(ramp({2, 3})); }));
      EXPECT_EQ(calls, Calls{call("inner", line)});
    }
    outer(ramp({2, 2}));
  });
}

TEST_P(ErrorCalls, LeaveOutWhatTheErrorSays) {
  auto narrow = function([](Tensor x) { return x; }, {.name = "narrow", .input_signature = {spec<float>({2})}});
  int line = 0;
  auto middle = function([&](Tensor x) { return narrow(x) + 1.0f; }, options("middle"));
  auto outer = function(
      [&](Tensor x) {
        line = __LINE__ + 1;
        return middle(x);
      },
      options("outer"));
  both_ways([&] {
    const Error error = error_of([&] { outer(ramp({3})); });
    EXPECT_EQ(calls_of(error), Calls{call("middle", line)}) << error.what();
  });
}

TEST_P(ErrorCalls, KnowFunctionsThatRunEagerly) {
  int line = 0;
  auto inner = function(
      [&](Tensor x) {
        check(x > 0.0f, "positive");
        return x;
      },
      {.name = "inner", .run_eagerly = true});
  auto outer = function(
      [&](Tensor x) {
        line = __LINE__ + 1;
        return inner(x) * 2.0f;
      },
      options("outer"));
  EXPECT_EQ(outer(1.0f).item<float>(), 2.0f);
  EXPECT_EQ(calls_of(error_of([&] { outer(-1.0f); })), Calls{call("inner", line)});
}

TEST_P(ErrorCalls, KnowConcreteFunctions) {
  int line = 0;
  auto inner = function(
      [&](Tensor x) {
        check(x > 0.0f, "positive");
        return x;
      },
      options("inner"));
  auto concrete = inner.concrete(spec<float>());
  auto outer = function(
      [&](Tensor x) {
        line = __LINE__ + 1;
        return concrete(x) * 2.0f;
      },
      options("outer"));
  both_ways([&] {
    EXPECT_EQ(outer(1.0f).item<float>(), 2.0f);
    EXPECT_EQ(calls_of(error_of([&] { outer(-1.0f); })), Calls{call("inner", line)});
  });
}

INSTANTIATE_TEST_SUITE_P(Of, ErrorCalls, ::testing::Bool(),
                         [](const auto &info) { return info.param ? "Called" : "Inlined"; });

struct OwnError : Error {
  OwnError() : Error(ErrorCode::invalid_argument, "own") {}
};

TEST(ErrorCall, KeepsTheTypeOfTheUsersError) {
  both_ways([] {
    auto inner = function([](Tensor x) {
      if (x.rank() == 0)
        throw OwnError();
      return x;
    });
    auto outer = function([&](Tensor x) { return inner(x); });
    try {
      outer(1.0f);
      ADD_FAILURE();
    } catch (const OwnError &error) {
      EXPECT_EQ(error.summary(), "own");
      EXPECT_EQ(calls_of(error).size(), 1u);
    }
  });
}

TEST(ErrorCall, IsForgottenAfterwards) {
  auto inner = function([](Tensor x) { return matmul(x, x); });
  auto outer = function([&](Tensor x) { return inner(x); });
  both_ways([&] {
    error_of([&] { outer(ramp({2, 3})); });
    EXPECT_EQ(calls_of(error_of([&] { inner(ramp({2, 3})); })), Calls());
    EXPECT_EQ(calls_of(error_of([&] { matmul(ramp({2, 3}), ramp({2, 3})); })), Calls());
  });
}

} // namespace
} // namespace etch
