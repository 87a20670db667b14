// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cpu_level.h"

#include "ops/op_def.h"
#include "runtime/kernels/table.h"
#include "tests/runtime/error_text.h"

#include <etch/environment.h>

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstring>
#include <random>
#include <vector>

namespace etch::runtime {
namespace {

TEST(CpuLevel, IsChosenByName) {
  EXPECT_EQ(parse_cpu_level("", CpuLevel::v4), CpuLevel::v4);
  EXPECT_EQ(parse_cpu_level("native", CpuLevel::v3), CpuLevel::v3);
  EXPECT_EQ(parse_cpu_level("x86-64-v3", CpuLevel::v4), CpuLevel::v3);
  EXPECT_EQ(error_text([] { parse_cpu_level("avx2", CpuLevel::v4); }),
            "ETCH_CPU: must be x86-64-v3, x86-64-v4 or native, got 'avx2'");
  EXPECT_EQ(error_text([] { parse_cpu_level("x86-64-v4", CpuLevel::v3); }),
            "ETCH_CPU: the processor must have the instructions of x86-64-v4, got " + processor_name());
  EXPECT_EQ(error_code([] { parse_cpu_level("x86-64-v4", CpuLevel::v3); }), ErrorCode::unsupported);
}

TEST(CpuLevel, IsPartOfTheDescription) {
  const std::string text = describe_environment();
  EXPECT_NE(text.find("etch 0."), std::string::npos);
  EXPECT_NE(text.find(processor_name()), std::string::npos);
}

// Any bits, so that every special value appears; small ones often, so that integers meet.
std::vector<uint64_t> random_bits(std::mt19937_64 &random, size_t words, DType dtype) {
  std::vector<uint64_t> bits(words);
  for (uint64_t &word : bits)
    word = random() % 3 == 0 ? random() % 5 : random();
  if (dtype == DType::boolean)
    for (uint64_t &word : bits)
      word &= 0x0101010101010101;
  if (dtype == DType::f32)
    for (uint64_t &word : bits)
      if (random() % 2)
        word = std::bit_cast<uint64_t>(std::array{std::uniform_real_distribution<float>(-9, 9)(random),
                                                  std::uniform_real_distribution<float>(-1, 1)(random)});
  if (dtype == DType::f64)
    for (uint64_t &word : bits)
      if (random() % 2)
        word = std::bit_cast<uint64_t>(std::uniform_real_distribution<double>(-9, 9)(random));
  return bits;
}

template <class T>
bool equal_or_nan(const void *a, const void *b, int64_t n) {
  const T *x = static_cast<const T *>(a), *y = static_cast<const T *>(b);
  for (int64_t i = 0; i < n; ++i) // a half is compared as the float it converts to
    if (std::memcmp(x + i, y + i, sizeof(T)) != 0 && !(x[i] != x[i] && y[i] != y[i]))
      return false;
  return true;
}

bool equal_or_nan(DType dtype, const void *a, const void *b, int64_t n) {
  if (dtype == DType::f32)
    return equal_or_nan<float>(a, b, n);
  if (dtype == DType::f64)
    return equal_or_nan<double>(a, b, n);
  if (dtype == DType::f16)
    return equal_or_nan<float16>(a, b, n);
  if (dtype == DType::bf16)
    return equal_or_nan<bfloat16>(a, b, n);
  return std::memcmp(a, b, static_cast<size_t>(n) * size_of(dtype)) == 0;
}

class Levels : public testing::Test {
protected:
  void SetUp() override {
    if (native_cpu_level() != CpuLevel::v4)
      GTEST_SKIP() << "the processor has one level only";
  }
  const KernelTable &v3_ = kernels(CpuLevel::v3);
  const KernelTable &v4_ = kernels(CpuLevel::v4);
  std::mt19937_64 random_{41};
};

constexpr int64_t kCount = 531;

TEST_F(Levels, ElementwiseKernelsGiveTheSameBits) {
  for (const ops::OpDef &op : ops::registry())
    for (int d = 0; d < kDTypeCount; ++d) {
      const DType key = static_cast<DType>(d);
      const ElementwiseKernel a = v3_.elementwise(op.index, key), b = v4_.elementwise(op.index, key);
      ASSERT_EQ(a == nullptr, b == nullptr);
      if (op.op_class != ops::OpClass::elementwise || !a)
        continue;
      const void *in[4];
      std::vector<uint64_t> operands[4];
      for (size_t i = 0; i < 4; ++i) {
        const bool is_bool = i < op.operand_dtypes.size() && op.operand_dtypes[i] == 1;
        operands[i] = random_bits(random_, kCount, is_bool ? DType::boolean : key);
        in[i] = operands[i].data();
      }
      for (int64_t n : {int64_t{1}, int64_t{7}, int64_t{64}, kCount})
        for (int64_t shared : {-1, 0, 1}) {
          int64_t step[4] = {1, 1, 1, 1};
          if (shared >= 0)
            step[shared] = 0;
          std::vector<uint64_t> x(kCount), y(kCount);
          a(n, x.data(), in, step);
          b(n, y.data(), in, step);
          const DType result = op.result_dtype == ops::ResultDType::boolean ? DType::boolean : key;
          ASSERT_TRUE(equal_or_nan(result, x.data(), y.data(), n)) << op.name << " " << key << " " << n;
          for (size_t byte = static_cast<size_t>(n) * size_of(result); byte < kCount * 8; ++byte)
            ASSERT_EQ(reinterpret_cast<const char *>(x.data())[byte] | reinterpret_cast<const char *>(y.data())[byte],
                      0);
        }
    }
}

TEST_F(Levels, CastsGiveTheSameBits) {
  for (int from = 0; from < kDTypeCount; ++from)
    for (int to = 0; to < kDTypeCount; ++to) {
      const ElementwiseKernel a = v3_.cast(static_cast<DType>(to), static_cast<DType>(from));
      const ElementwiseKernel b = v4_.cast(static_cast<DType>(to), static_cast<DType>(from));
      ASSERT_EQ(a == nullptr, b == nullptr);
      if (!a)
        continue;
      const std::vector<uint64_t> x = random_bits(random_, kCount, static_cast<DType>(from));
      std::vector<uint64_t> y(kCount), z(kCount);
      const void *in = x.data();
      const int64_t step = 1;
      a(kCount, y.data(), &in, &step);
      b(kCount, z.data(), &in, &step);
      ASSERT_TRUE(equal_or_nan(static_cast<DType>(to), y.data(), z.data(), kCount)) << from << " " << to;
    }
}

TEST_F(Levels, ReductionsGiveTheSameBits) {
  for (const ops::OpDef &op : ops::registry())
    for (int d = 0; d < kDTypeCount && op.op_class == ops::OpClass::reduction; ++d) {
      const DType key = static_cast<DType>(d);
      const ReductionKernels &a = v3_.reduction(op.index, key), &b = v4_.reduction(op.index, key);
      if (!a.row)
        continue;
      const std::vector<uint64_t> x = random_bits(random_, 50'000, key);
      uint64_t y[64] = {}, z[64] = {};
      for (int64_t n : {0, 1, 63, 64, 65, 1000, 40'000}) {
        a.row(n, y, x.data());
        b.row(n, z, x.data());
        ASSERT_TRUE(equal_or_nan(key, y, z, 1)) << op.name << " " << key << " " << n;
      }
      for (int64_t rows : {0, 1, 5, 128, 129, 700}) {
        a.columns(rows, 43, 47, y, x.data());
        b.columns(rows, 43, 47, z, x.data());
        ASSERT_TRUE(equal_or_nan(key, y, z, 43)) << op.name << " " << key << " " << rows;
      }
    }
}

} // namespace
} // namespace etch::runtime
