// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integer operations whose result is hardly meant, which are errors where integers are checked: eagerly and compiled.
#include "tests/tracer/bits.h"

#include <etch/environment.h>
#include <etch/etch.h>

#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace etch::test {
namespace {

std::string error_of(const std::function<void()> &call) {
  try {
    call();
  } catch (const Error &error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "";
}

struct Checked {
  const char *name, *second, *rule;
  Tensor (*run)(const Tensor &, const Tensor &);
  bool (*is_meant)(int, int); ///< of two i8
};

bool divides(int a, int b) { return b != 0 && !(a == -128 && b == -1); }
bool shifts(int, int count) { return count >= 0 && count < 8; }

const std::vector<Checked> kChecked{
    {"floordiv", "b", "b must not be 0, nor -1 where a is the smallest integer",
     [](const Tensor &a, const Tensor &b) { return floordiv(a, b); }, divides},
    {"truncdiv", "b", "b must not be 0, nor -1 where a is the smallest integer",
     [](const Tensor &a, const Tensor &b) { return truncdiv(a, b); }, divides},
    {"mod", "b", "b must not be 0, nor -1 where a is the smallest integer",
     [](const Tensor &a, const Tensor &b) { return mod(a, b); }, divides},
    {"pow", "b", "b must not be negative", [](const Tensor &a, const Tensor &b) { return pow(a, b); },
     [](int, int b) { return b >= 0; }},
    {"left_shift", "count", "count must not be negative and must be less than the number of bits",
     [](const Tensor &x, const Tensor &count) { return x << count; }, shifts},
    {"right_shift", "count", "count must not be negative and must be less than the number of bits",
     [](const Tensor &x, const Tensor &count) { return x >> count; }, shifts},
};

class CheckedIntegers : public testing::TestWithParam<size_t> {};

TEST_P(CheckedIntegers, FindEveryPairThatIsHardlyMeant) {
  const Checked &op = kChecked[GetParam()];
  const CheckIntegers checks;
  const auto compiled = function(op.run);
  const std::string first = std::string(op.name) == "left_shift" || std::string(op.name) == "right_shift" ? "x" : "a";
  std::vector<int8_t> second(256);
  std::iota(second.begin(), second.end(), static_cast<int8_t>(-128));
  for (int a = -128; a < 128; ++a) {
    const Tensor x = from_vector(std::vector<int8_t>{static_cast<int8_t>(a)});
    for (int position = 0; position < 256; position += 37) {
      const std::vector<int8_t> rest(second.begin() + position, second.end());
      const Tensor y = from_vector(rest);
      size_t bad = 0;
      while (bad < rest.size() && op.is_meant(a, rest[bad]))
        ++bad;
      std::string expected;
      if (bad < rest.size())
        expected = std::string(op.name) + ": " + op.rule + ", got " + first + " = " + std::to_string(a) + " and " +
                   op.second + " = " + std::to_string(rest[bad]) + " at position " + std::to_string(bad);
      const auto summary = [](const std::string &what) { return what.substr(0, what.find('\n')); };
      EXPECT_EQ(summary(error_of([&] { op.run(x, y); })), expected);
      EXPECT_EQ(summary(error_of([&] { compiled(x, y); })), expected);
    }
  }
}

TEST_P(CheckedIntegers, LeaveTheResultsOfOthersAlone) {
  const Checked &op = kChecked[GetParam()];
  const Tensor x = from_vector(std::vector<int32_t>{7, -7, 0, 1 << 30}),
               y = from_vector(std::vector<int32_t>{2, 3, 5, 7});
  const Tensor expected = op.run(x, y);
  const CheckIntegers checks;
  EXPECT_TRUE(same_bits(op.run(x, y), expected));
  EXPECT_TRUE(same_bits(function(op.run)(x, y), expected));
  // Elements that do not exist are not checked, and floats never are.
  EXPECT_EQ(op.run(zeros({0}, DType::i32), zeros({1}, DType::i32)).size(), 0);
}

INSTANTIATE_TEST_SUITE_P(Of, CheckedIntegers, testing::Range(size_t{0}, kChecked.size()),
                         [](const auto &info) { return std::string(kChecked[info.param].name); });

TEST(IntegerChecks, AreOffUnlessAskedFor) {
  EXPECT_FALSE(integers_are_checked());
  EXPECT_TRUE(same_bits(mod(full({2}, 5), full({2}, 0)), full({2}, 5)));
}

TEST(IntegerChecks, LeaveFloatsAlone) {
  const CheckIntegers checks;
  EXPECT_EQ(error_of([] { floordiv(ones({2}), zeros({2})); }), "");
  EXPECT_EQ(error_of([] { pow(zeros({2}), -1.0f); }), "");
}

TEST(IntegerChecks, NameElementsThatBroadcast) {
  const CheckIntegers checks;
  const Tensor a = reshape(iota(6), {2, 3}), b = from_vector(std::vector<int64_t>{1, 0}, Shape({2, 1}));
  const std::string expected = "truncdiv: b must not be 0, nor -1 where a is the smallest integer, got a = 3 and b = 0 "
                               "at position 3";
  EXPECT_EQ(error_of([&] { truncdiv(a, b); }).substr(0, expected.size()), expected);
  EXPECT_EQ(
      error_of([&] { function([](Tensor x, Tensor y) { return truncdiv(x, y); })(a, b); }).substr(0, expected.size()),
      expected);
  EXPECT_NE(error_of([] { full({}, 1) << 32; }).find("got x = 1 and count = 32\n"), std::string::npos) << "of rank 0";
}

TEST(IntegerChecks, GiveTheSameTextEagerlyAndCompiled) {
  const CheckIntegers checks;
  const auto divide = [](Tensor x, Tensor y) { return truncdiv(x + 1, y); };
  const auto f = function(divide);
  const Tensor x = full({3}, 1), y = from_vector(std::vector<int32_t>{1, 0, 0});
  const std::string eager = error_of([&] { divide(x, y); });
  EXPECT_NE(eager.find("integer_checks_test.cpp"), std::string::npos) << eager;
  EXPECT_EQ(error_of([&] { f(x, y); }), eager);
  EXPECT_EQ(error_of([&] { f(x, y); }), eager) << "when it is warm";
  EXPECT_TRUE(same_bits(f(x, x), divide(x, x))) << "and the next call works";
  EXPECT_EQ(f.trace_count(), 1);
}

TEST(IntegerChecks, AreAPartOfTheSignature) {
  const auto f = function([](Tensor x, Tensor y) { return truncdiv(x, y); });
  const Tensor x = full({2}, 1), y = full({2}, 0);
  EXPECT_TRUE(same_bits(f(x, y), full({2}, -1)));
  {
    const CheckIntegers checks;
    EXPECT_NE(f.explain(x, y).find("CheckIntegers: nothing before, now checks"), std::string::npos) << f.explain(x, y);
    EXPECT_NE(error_of([&] { f(x, y); }), "");
    {
      const CheckIntegers none(false);
      EXPECT_TRUE(same_bits(f(x, y), full({2}, -1)));
    }
    EXPECT_NE(error_of([&] { f(x, y); }), "");
  }
  EXPECT_TRUE(same_bits(f(x, y), full({2}, -1)));
  EXPECT_EQ(f.trace_count(), 2);
  ASSERT_EQ(f.signatures().size(), 2u);
  EXPECT_EQ(f.signatures()[1], f.signatures()[0] + " where integers are checked");
}

TEST(IntegerChecks, AreAPartOfOpenSignatures) {
  Options options;
  options.shapes = Shapes::rank;
  const auto f = function([](Tensor x, Tensor y) { return mod(x, y); }, options);
  for (const bool checks : {false, true, false, true}) {
    const CheckIntegers scope(checks);
    for (const int64_t extent : {3, 0, 7})
      EXPECT_EQ(error_of([&] { f(full({extent}, 1), full({extent}, 0)); }).empty(), !checks || extent == 0);
  }
  EXPECT_EQ(f.trace_count(), 2);
}

TEST(IntegerChecks, ReachFunctionsInside) {
  for (const bool no_inline : {false, true}) {
    Options options;
    options.no_inline = no_inline;
    const auto inner = function([](Tensor x, Tensor y) { return truncdiv(x, y); }, options);
    const auto outer = function([&](Tensor x, Tensor y) { return inner(x * 2, y); });
    const Tensor x = full({2}, 1), y = full({2}, 0);
    EXPECT_EQ(error_of([&] { outer(x, y); }), "");
    const CheckIntegers checks;
    const std::string text = error_of([&] { outer(x, y); });
    EXPECT_NE(text.find("got a = 2 and b = 0 at position 0"), std::string::npos) << text;
  }
}

TEST(IntegerChecks, StandInProgramOrderWithEffects) {
  const CheckIntegers checks;
  const auto run = [](const Variable &before, const Variable &after, Tensor y) {
    before.assign_add(1);
    const Tensor quotient = truncdiv(full({2}, 1), y);
    after.assign_add(1);
    return quotient;
  };
  for (const bool eagerly : {true, false}) {
    const RunFunctionsEagerly scope(eagerly);
    const Variable before(full({}, 0)), after(full({}, 0));
    const auto f = function([&](Tensor y) { return run(before, after, y); });
    f(full({2}, 1));
    EXPECT_NE(error_of([&] { f(full({2}, 0)); }), "");
    EXPECT_EQ(before.value().item<int32_t>(), 2);
    EXPECT_EQ(after.value().item<int32_t>(), 1);
  }
}

TEST(IntegerChecks, AreAskedForByThreadOrByAll) {
  const auto on_another_thread = [] {
    bool checked = false;
    std::thread([&] { checked = integers_are_checked(); }).join();
    return checked;
  };
  {
    const CheckIntegers checks;
    EXPECT_TRUE(integers_are_checked());
    EXPECT_FALSE(on_another_thread());
  }
  check_integers(true);
  EXPECT_TRUE(integers_are_checked());
  EXPECT_TRUE(on_another_thread());
  {
    const CheckIntegers none(false);
    EXPECT_FALSE(integers_are_checked());
    EXPECT_TRUE(on_another_thread());
  }
  check_integers(false);
  EXPECT_FALSE(integers_are_checked());
}

} // namespace
} // namespace etch::test
