// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/concrete_tensor.h"

#include <etch/tensor.h>

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <sstream>

// The expected texts are what NumPy 1.24 prints for the same arrays.
namespace etch {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

void expect_text(const Tensor &tensor, const std::string &expected) { EXPECT_EQ(to_string(tensor), expected); }

template <class T>
Tensor counted(const Shape &shape) {
  std::vector<T> elements(static_cast<size_t>(shape.size()));
  std::iota(elements.begin(), elements.end(), T{0});
  return from_vector(elements, shape);
}

TEST(TensorPrint, FollowsNumPyForNumbers) {
  expect_text(constant({1.f, 2.5f, -3.f}),
              R"([ 1.   2.5 -3. ])");
  expect_text(constant({{1.f, 2.f}, {3.f, 4.f}}),
              R"([[1. 2.]
 [3. 4.]])");
  expect_text(constant({{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}),
              R"([[[1 2]
  [3 4]]

 [[5 6]
  [7 8]]])");
  expect_text(constant({1e-5f, 1.f, 1000.f}),
              R"([1.e-05 1.e+00 1.e+03])");
  expect_text(constant({0.1, 1.0 / 3, 1e7}),
              R"([1.00000000e-01 3.33333333e-01 1.00000000e+07])");
  expect_text(constant({0.1f, 1.f / 3}),
              R"([0.1        0.33333334])");
}

TEST(TensorPrint, AlignsNonFiniteValues) {
  expect_text(constant({kNan, kInfinity, -kInfinity, 1.f}),
              R"([ nan  inf -inf   1.])");
  expect_text(constant({kNan, kInfinity}),
              R"([nan inf])");
}

TEST(TensorPrint, FollowsNumPyForBoolsAndIntegers) {
  expect_text(constant({true, false}),
              R"([ True False])");
  expect_text(constant({int64_t{-1}, int64_t{10}, int64_t{100}}),
              R"([ -1  10 100])");
  expect_text(constant({uint8_t{255}, uint8_t{0}}),
              R"([255   0])");
}

TEST(TensorPrint, WrapsLongLines) {
  expect_text(counted<float>({30}),
              R"([ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.
 18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.])");
}

TEST(TensorPrint, SummarisesLongAxes) {
  expect_text(counted<int64_t>({1001}),
              R"([   0    1    2 ...  998  999 1000])");
  expect_text(counted<int32_t>({40, 50}),
              R"([[   0    1    2 ...   47   48   49]
 [  50   51   52 ...   97   98   99]
 [ 100  101  102 ...  147  148  149]
 ...
 [1850 1851 1852 ... 1897 1898 1899]
 [1900 1901 1902 ... 1947 1948 1949]
 [1950 1951 1952 ... 1997 1998 1999]])");
  expect_text(counted<float>({2, 300, 2}),
              R"([[[0.000e+00 1.000e+00]
  [2.000e+00 3.000e+00]
  [4.000e+00 5.000e+00]
  ...
  [5.940e+02 5.950e+02]
  [5.960e+02 5.970e+02]
  [5.980e+02 5.990e+02]]

 [[6.000e+02 6.010e+02]
  [6.020e+02 6.030e+02]
  [6.040e+02 6.050e+02]
  ...
  [1.194e+03 1.195e+03]
  [1.196e+03 1.197e+03]
  [1.198e+03 1.199e+03]]])");
}

TEST(TensorPrint, PrintsScalarsInFull) {
  expect_text(Tensor(3.14f),
              R"(3.14)");
  expect_text(Tensor(1e20),
              R"(1e+20)");
  expect_text(Tensor(1.f),
              R"(1.0)");
  expect_text(Tensor(7),
              R"(7)");
  expect_text(Tensor(true),
              R"(True)");
}

TEST(TensorPrint, KeepsSignsAndWholeNumbersExact) {
  expect_text(constant({-0.f, 0.f}),
              R"([-0.  0.])");
  expect_text(constant({123456.789, 1e8}),
              R"([1.23456789e+05 1.00000000e+08])");
  expect_text(constant({{16777216.f, 99999992.f}}),
              R"([[16777216. 99999992.]])");
}

TEST(TensorPrint, PrintsEmptyTensorsAsBrackets) {
  expect_text(from_vector(std::vector<float>{}, Shape({0, 3})), "[]");
  expect_text(from_vector(std::vector<float>{}, Shape({2, 0})), "[]");
}

TEST(TensorPrint, PrintsViewsByTheirOwnOrder) {
  const Tensor base = constant({{1, 2, 3}, {4, 5, 6}});
  const int64_t strides[] = {1, 3};
  expect_text(runtime::make_view(base, Shape({3, 2}), 0, strides), "[[1 4]\n [2 5]\n [3 6]]");
}

TEST(TensorPrint, StreamsUndefinedTensors) {
  std::ostringstream stream;
  stream << Tensor() << " " << Tensor(2.5);
  EXPECT_EQ(stream.str(), "undefined 2.5");
}

} // namespace
} // namespace etch
