// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What random numbers follow: moments, and distribution functions by the test of Kolmogorov and Smirnov. Seeds are
// fixed, so every result here is always the same.
#include <etch/random.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>

namespace etch {
namespace {

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

std::vector<double> numbers_of(const Tensor &x) { return cast(x, DType::f64).to_vector<double>(); }

bool same(const Tensor &a, const Tensor &b) {
  return spec_text(a) == spec_text(b) && numbers_of(a) == numbers_of(b);
}

struct Moments {
  double mean = 0, variance = 0, skew = 0, kurtosis = 0;
};
Moments moments_of(const std::vector<double> &x) {
  const double n = static_cast<double>(x.size());
  Moments m;
  m.mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
  double third = 0, fourth = 0;
  for (const double v : x) {
    const double d = v - m.mean;
    m.variance += d * d / n;
    third += d * d * d / n;
    fourth += d * d * d * d / n;
  }
  m.skew = third / std::pow(m.variance, 1.5);
  m.kurtosis = fourth / (m.variance * m.variance);
  return m;
}

/// The largest distance between the numbers' distribution function and the one given, by sqrt(n): above 1.95 in one
/// sample of a thousand.
double kolmogorov_smirnov(std::vector<double> x, const std::function<double(double)> &distribution) {
  std::sort(x.begin(), x.end());
  const double n = static_cast<double>(x.size());
  double largest = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double p = distribution(x[i]);
    largest = std::max({largest, p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p});
  }
  return largest * std::sqrt(n);
}

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

TEST(Uniform, IsSpreadEvenly) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const std::vector<double> x = numbers_of(Generator(1).uniform({1 << 18}, 0, 1, dtype));
    const Moments m = moments_of(x);
    EXPECT_NEAR(m.mean, 0.5, 0.002) << dtype;
    EXPECT_NEAR(m.variance, 1.0 / 12, 0.001) << dtype;
    EXPECT_NEAR(m.kurtosis, 1.8, 0.01) << dtype;
    EXPECT_LT(kolmogorov_smirnov(x, [](double v) { return v; }), 1.95) << dtype;
  }
}

TEST(Uniform, StaysBelowItsUpperBound) {
  for (const DType dtype : {DType::f16, DType::bf16, DType::f32, DType::f64})
    for (const auto &[least, most] : {std::pair(0.0, 1.0), std::pair(-3.0, -2.5), std::pair(100.0, 101.0),
                                      std::pair(1024.0, 1040.0), std::pair(-1e-4, 1e4)}) {
      const std::vector<double> x = numbers_of(Generator(4).uniform({1 << 16}, least, most, dtype));
      const auto [smallest, largest] = std::minmax_element(x.begin(), x.end());
      EXPECT_GE(*smallest, numbers_of(cast(constant(least), dtype))[0]) << dtype << " " << least;
      EXPECT_LT(*largest, numbers_of(cast(constant(most), dtype))[0]) << dtype << " " << most;
      if (dtype == DType::f32 || dtype == DType::f64) {
        EXPECT_GT(*largest - *smallest, 0.999 * (most - least)) << dtype << " " << most;
      }
    }
}

TEST(Normal, HasItsMomentsAndDistribution) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const std::vector<double> x = numbers_of(Generator(1).normal({1 << 18}, 3, 2, dtype));
    const Moments m = moments_of(x);
    EXPECT_NEAR(m.mean, 3, 0.012) << dtype;
    EXPECT_NEAR(m.variance, 4, 0.04) << dtype;
    EXPECT_NEAR(m.skew, 0, 0.02) << dtype;
    EXPECT_NEAR(m.kurtosis, 3, 0.04) << dtype;
    EXPECT_LT(kolmogorov_smirnov(x, [](double v) { return normal_distribution((v - 3) / 2); }), 1.95) << dtype;
  }
  const std::vector<double> half = numbers_of(Generator(1).normal({1 << 16}, 0, 1, DType::f16));
  EXPECT_NEAR(moments_of(half).variance, 1, 0.02);
  EXPECT_TRUE(std::all_of(half.begin(), half.end(), [](double v) { return std::isfinite(v); }));
  EXPECT_TRUE(same(Generator(1).normal({50}, -2.5, 0), full({50}, -2.5f)));
}

TEST(TruncatedNormal, HasItsMomentsAndDistribution) {
  const double least = normal_distribution(-2), inside = 1 - 2 * least;
  for (const DType dtype : {DType::f32, DType::f64}) {
    const std::vector<double> x = numbers_of(Generator(1).truncated_normal({1 << 18}, 0, 1, dtype));
    const Moments m = moments_of(x);
    EXPECT_NEAR(m.mean, 0, 0.006) << dtype;
    EXPECT_NEAR(m.variance, 0.7737413, 0.006) << dtype;
    EXPECT_LE(*std::max_element(x.begin(), x.end()), 2) << dtype;
    EXPECT_GE(*std::min_element(x.begin(), x.end()), -2) << dtype;
    EXPECT_GT(*std::max_element(x.begin(), x.end()), 1.999) << dtype;
    EXPECT_LT(kolmogorov_smirnov(x, [&](double v) { return (normal_distribution(v) - least) / inside; }), 1.95);
  }
}

TEST(Integers, AreSpreadEvenlyOverTheirRange) {
  std::map<int64_t, int> counts;
  for (const int64_t value : Generator(1).integers({60000}, -3, 3).to_vector<int64_t>())
    ++counts[value];
  EXPECT_EQ(counts.size(), 6u);
  double chi_square = 0;
  for (const auto &[value, count] : counts) {
    EXPECT_TRUE(value >= -3 && value < 3);
    chi_square += (count - 10000.0) * (count - 10000.0) / 10000;
  }
  EXPECT_LT(chi_square, 20.5); // one in a thousand
  // Three quarters of all 64-bit numbers: a single word would give every third value twice as often.
  const int64_t quarter = int64_t{1} << 62;
  std::vector<double> x;
  for (const int64_t value : Generator(1).integers({1 << 16}, kLeast, quarter).to_vector<int64_t>()) {
    EXPECT_LT(value, quarter);
    x.push_back((static_cast<double>(value) + 0x1p63) / (3 * 0x1p62));
  }
  EXPECT_LT(kolmogorov_smirnov(x, [](double v) { return v; }), 1.95);
}

TEST(Integers, FitEveryDType) {
  const std::vector<double> bytes = numbers_of(Generator(1).integers({10000}, 0, 256, DType::u8));
  EXPECT_EQ(std::set<double>(bytes.begin(), bytes.end()).size(), 256u);
  EXPECT_EQ(Generator(1).integers({2}, 7, 8, DType::i16).to_vector<int16_t>(), (std::vector<int16_t>{7, 7}));
  const auto words =
      Generator(1).integers({1000}, -(int64_t{1} << 31), int64_t{1} << 31, DType::i32).to_vector<int32_t>();
  EXPECT_LT(*std::min_element(words.begin(), words.end()), -2000000000);
  EXPECT_GT(*std::max_element(words.begin(), words.end()), 2000000000);
}

TEST(Bernoulli, IsTrueWithItsProbability) {
  const auto share = [](const Tensor &x) { return moments_of(numbers_of(x)).mean; };
  EXPECT_NEAR(share(Generator(1).bernoulli({100000}, 0.3)), 0.3, 0.005);
  EXPECT_EQ(share(Generator(1).bernoulli({1000}, 0)), 0);
  EXPECT_EQ(share(Generator(1).bernoulli({1000}, 1)), 1);
  const Tensor p = constant({0.0f, 0.2f, 1.0f, NAN, -1.0f, 7.0f});
  const std::vector<double> x = numbers_of(reduce_mean(Generator(1).bernoulli({50000, 6}, p, DType::f32), {0}));
  EXPECT_NEAR(x[1], 0.2, 0.006);
  EXPECT_EQ((std::vector<double>{x[0], x[2], x[3], x[4], x[5]}), (std::vector<double>{0, 1, 0, 0, 1}));
}

TEST(Categorical, FollowsSoftmax) {
  const Tensor logits = log(constant({{1.f, 2.f, 3.f, 4.f}, {1.f, 0.f, 0.f, 1.f}}));
  for (const DType dtype : {DType::f32, DType::f64, DType::f16}) {
    const std::vector<int64_t> drawn = Generator(3).categorical(cast(logits, dtype), 50000).to_vector<int64_t>();
    std::map<int64_t, double> first, second;
    for (size_t i = 0; i < 50000; ++i) {
      first[drawn[i]] += 1 / 50000.0;
      second[drawn[50000 + i]] += 1 / 50000.0;
    }
    for (int64_t c = 0; c < 4; ++c)
      EXPECT_NEAR(first[c], 0.1 * static_cast<double>(c + 1), 0.007) << dtype << " class " << c;
    EXPECT_EQ(second.size(), 2u) << dtype;
    EXPECT_NEAR(second[0], 0.5, 0.008) << dtype;
  }
  EXPECT_EQ(spec_text(Generator(1).categorical(zeros({5, 0, 3}), 2)), "i64[5,0,2]");
}

TEST(Shuffle, GivesEveryOrderEquallyOften) {
  const Generator g(1);
  std::map<std::vector<int64_t>, int> counts;
  for (int i = 0; i < 6000; ++i)
    ++counts[g.shuffle(range(0, 3)).to_vector<int64_t>()];
  EXPECT_EQ(counts.size(), 6u);
  for (const auto &[order, count] : counts)
    EXPECT_NEAR(count, 1000, 110);
  // Rows move as a whole.
  const std::vector<int64_t> rows = g.shuffle(reshape(range(0, 200), {100, 2})).to_vector<int64_t>();
  std::set<int64_t> firsts;
  for (size_t i = 0; i < rows.size(); i += 2) {
    EXPECT_EQ(rows[i] + 1, rows[i + 1]);
    firsts.insert(rows[i]);
  }
  EXPECT_EQ(firsts.size(), 100u);
}

TEST(Dropout, KeepsTheMean) {
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16}) {
    const std::vector<double> x = numbers_of(Generator(1).dropout(ones({100000}, dtype), 0.2));
    std::set<double> values(x.begin(), x.end());
    EXPECT_EQ(values.size(), 2u) << dtype;
    EXPECT_NEAR(moments_of(x).mean, 1, 0.008) << dtype;
  }
  const Tensor x = constant({1.f, NAN, INFINITY});
  EXPECT_TRUE(std::isnan(numbers_of(Generator(1).dropout(x, 0))[1]));
}

} // namespace
} // namespace etch
