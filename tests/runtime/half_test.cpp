// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <etch/etch.h>

#include <cmath>
#include <limits>
#include <sstream>

#include <gtest/gtest.h>

namespace etch {
namespace {

template <class Half>
Half of_bits(int bits) {
  Half half;
  half.bits = static_cast<uint16_t>(bits);
  return half;
}

template <class Half>
class HalfTest : public testing::Test {
protected:
  static constexpr int kInfinity = std::is_same_v<Half, float16> ? 0x7c00 : 0x7f80;

  /// The elements cast by the op, as bits.
  template <class T>
  static std::vector<uint16_t> cast_bits(const std::vector<T> &elements) {
    const auto halves = cast(from_vector(elements), dtype_of<Half>()).template to_vector<Half>();
    std::vector<uint16_t> bits;
    for (const Half half : halves)
      bits.push_back(half.bits);
    return bits;
  }
};
using Halves = testing::Types<float16, bfloat16>;
TYPED_TEST_SUITE(HalfTest, Halves);

TYPED_TEST(HalfTest, ConvertsToFloatsAndBackWithoutLoss) {
  std::vector<TypeParam> all;
  for (int bits = 0; bits < 0x10000; ++bits)
    all.push_back(of_bits<TypeParam>(bits));
  const Tensor x = from_vector(all);
  const auto back = cast(cast(x, DType::f32), x.dtype()).template to_vector<TypeParam>();
  const auto through_double = cast(cast(x, DType::f64), x.dtype()).template to_vector<TypeParam>();
  for (int bits = 0; bits < 0x10000; ++bits) {
    const auto at = static_cast<size_t>(bits);
    if (std::isnan(static_cast<float>(all[at]))) {
      EXPECT_TRUE(std::isnan(static_cast<float>(back[at])) && std::isnan(static_cast<float>(through_double[at])));
      continue;
    }
    EXPECT_EQ(back[at].bits, bits);
    EXPECT_EQ(through_double[at].bits, bits);
    EXPECT_EQ(TypeParam(static_cast<float>(all[at])).bits, bits);
  }
}

// Between each two neighbours: the middle goes to the even one, what is next to the middle to the nearer.
TYPED_TEST(HalfTest, RoundsToNearestTiesToEven) {
  std::vector<double> values;
  std::vector<int> expected;
  for (int bits = 0; bits + 1 < TestFixture::kInfinity; ++bits) {
    const double low = of_bits<TypeParam>(bits), high = of_bits<TypeParam>(bits + 1), middle = (low + high) / 2;
    for (const double sign : {1.0, -1.0}) {
      const int sign_bit = sign < 0 ? 0x8000 : 0;
      values.insert(values.end(),
                    {sign * middle, sign * std::nextafter(middle, 0.0), sign * std::nextafter(middle, 1e300)});
      expected.insert(expected.end(),
                      {sign_bit | (bits & 1 ? bits + 1 : bits), sign_bit | bits, sign_bit | (bits + 1)});
    }
  }
  const auto got = TestFixture::cast_bits(values);
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(got[i], expected[i]) << values[i];
    ASSERT_EQ(TypeParam(values[i]).bits, expected[i]) << values[i];
  }
}

TYPED_TEST(HalfTest, OverflowsToInfinity) {
  const double largest = of_bits<TypeParam>(TestFixture::kInfinity - 1);
  const double second = of_bits<TypeParam>(TestFixture::kInfinity - 2);
  const double bound = largest + (largest - second) / 2;
  const std::vector<double> values{std::nextafter(bound, 0.0), bound, 1e300, -1e300, 5e-324, -5e-324};
  const std::vector<uint16_t> expected{static_cast<uint16_t>(TestFixture::kInfinity - 1),
                                       TestFixture::kInfinity,
                                       TestFixture::kInfinity,
                                       static_cast<uint16_t>(TestFixture::kInfinity | 0x8000),
                                       0,
                                       0x8000};
  EXPECT_EQ(TestFixture::cast_bits(values), expected);
  for (size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(TypeParam(values[i]).bits, expected[i]);
}

// A double in between would round a long integer twice.
TEST(Half, LongIntegersRoundOnce) {
  const int64_t tie = (int64_t{1} << 62) + (int64_t{1} << 54);
  const auto bits = [](int64_t value) {
    const Tensor x = from_vector(std::vector<int64_t>{value});
    const uint16_t eager = cast(x, DType::bf16).to_vector<bfloat16>()[0].bits;
    const uint16_t compiled = function([](Tensor t) { return cast(t, DType::bf16); })(x).to_vector<bfloat16>()[0].bits;
    EXPECT_EQ(eager, compiled);
    return eager;
  };
  EXPECT_EQ(bits(tie), bits(int64_t{1} << 62));
  EXPECT_EQ(bits(tie + 1), bits(int64_t{1} << 62) + 1);
  EXPECT_EQ(bits(-tie - 1), bits(-(int64_t{1} << 62)) + 1);
  EXPECT_EQ(bits(16777217), bits(16777216));
}

TEST(Half, OperationsComputeInFloatAndRoundOnce) {
  const Tensor x = from_vector(std::vector<float16>{float16(0.1), float16(60000), float16(-3.5)});
  const Tensor y = (x * 1.5f + 1.0f);
  const auto got = y.to_vector<float16>();
  for (size_t i = 0; i < 3; ++i) {
    const float16 product(static_cast<double>(x.to_vector<float16>()[i]) * 1.5);
    EXPECT_EQ(got[i].bits, float16(static_cast<double>(product) + 1.0).bits);
  }
  EXPECT_EQ(reduce_sum(full({3000}, float16(1))).item<float16>().bits, float16(3000).bits); // 2049 ones stall in f16
  EXPECT_EQ(matmul(full({1, 3000}, float16(1)), full({3000, 1}, float16(1))).item<float16>().bits, float16(3000).bits);
}

TEST(Half, PrintsTheShortestDigits) {
  std::ostringstream text;
  text << from_vector(std::vector<float16>{float16(0.1), float16(65504), float16(-2)}) << " "
       << Tensor(bfloat16(3.14159)) << " " << Tensor(float16(1.0 / 3));
  EXPECT_EQ(text.str(), "[ 1.00e-01  6.55e+04 -2.00e+00] 3.14 0.3333");
}

} // namespace
} // namespace etch
