// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Every result is compared bit for bit with one std::fma chain per element. Operands and scratch end at an unreadable
// page.

#include "runtime/contraction.h"

#include "runtime/cpu_level.h"
#include "runtime/kernels/table.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace etch::runtime {
namespace {

constexpr int64_t kPage = 4096;

class GuardedBytes {
public:
  explicit GuardedBytes(int64_t bytes) : mapped_((bytes + kPage - 1) / kPage * kPage + kPage) {
    base_ = static_cast<char *>(mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_NE(base_, MAP_FAILED);
    EXPECT_EQ(mprotect(base_ + mapped_ - kPage, kPage, PROT_NONE), 0);
    data_ = base_ + mapped_ - kPage - bytes;
  }
  GuardedBytes(const GuardedBytes &) = delete;
  GuardedBytes &operator=(const GuardedBytes &) = delete;
  ~GuardedBytes() { munmap(base_, mapped_); }

  char *data() const { return data_; }

private:
  int64_t mapped_;
  char *base_;
  char *data_;
};

template <class T>
constexpr ContractionElement kElement = ContractionElement::f32;
template <>
constexpr ContractionElement kElement<double> = ContractionElement::f64;
template <>
constexpr ContractionElement kElement<int8_t> = ContractionElement::i8;
template <>
constexpr ContractionElement kElement<uint8_t> = ContractionElement::i8;
template <>
constexpr ContractionElement kElement<int16_t> = ContractionElement::i16;
template <>
constexpr ContractionElement kElement<int32_t> = ContractionElement::i32;
template <>
constexpr ContractionElement kElement<int64_t> = ContractionElement::i64;

std::mt19937_64 &random_bits() {
  static std::mt19937_64 generator(7);
  return generator;
}

// Floats of mixed signs and magnitudes, zeros of both signs and denormals among them.
template <class T>
T random_value() {
  const uint64_t bits = random_bits()();
  if constexpr (std::is_floating_point_v<T>) {
    const T value = static_cast<T>(static_cast<int64_t>(bits) >> 20) * static_cast<T>(0x1p-40);
    switch (bits % 64) {
    case 0:
      return T(0);
    case 1:
      return -T(0);
    case 2:
      return value * std::numeric_limits<T>::min();
    default:
      return value;
    }
  } else {
    return static_cast<T>(bits);
  }
}

template <class T>
T chain_step(T a, T b, T c) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fma(a, b, c);
  } else {
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b) + static_cast<uint64_t>(c));
  }
}

int64_t extent(std::initializer_list<std::pair<int64_t, int64_t>> counts_and_strides) {
  int64_t last = 0;
  for (const auto &[count, stride] : counts_and_strides) {
    if (count == 0)
      return 0;
    last += (count - 1) * stride;
  }
  return last + 1;
}

// How a problem is run: nothing of this may change a bit.
struct Manner {
  const ContractionKernels *kernels;
  // What the kernel may use of its abilities.
  int32_t abilities = ~0;
  int32_t threads = 1;
};

// Runs the parts last to first, each on a thread of its own.
void on_new_threads(void *, int64_t tiles, int64_t, void (*body)(void *, int64_t, int64_t), void *context) {
  std::vector<std::thread> threads;
  for (int64_t tile = tiles; tile-- > 0;)
    threads.emplace_back(body, context, tile, tile + 1);
  for (std::thread &thread : threads)
    thread.join();
}

template <class T>
class Problem {
public:
  explicit Problem(const ContractionShape &shape)
      : shape_(shape),
        a_count_(extent({{shape.batch, shape.a_batch_stride}, {shape.m, shape.a_row}, {shape.k, shape.a_col}})),
        b_count_(extent({{shape.batch, shape.b_batch_stride}, {shape.k, shape.b_row}, {shape.n, shape.b_col}})),
        c_count_(extent({{shape.batch, shape.c_batch_stride}, {shape.m, shape.c_row}, {shape.n, 1}})),
        a_bytes_(a_count_ * sizeof(T)), b_bytes_(b_count_ * sizeof(T)), a_(reinterpret_cast<T *>(a_bytes_.data())),
        b_(reinterpret_cast<T *>(b_bytes_.data())) {
    std::generate_n(a_, a_count_, random_value<T>);
    std::generate_n(b_, b_count_, random_value<T>);
    expected_ = untouched();
    for (int64_t batch = 0; batch < shape.batch; ++batch) {
      for (int64_t i = 0; i < shape.m; ++i) {
        for (int64_t j = 0; j < shape.n; ++j)
          expected_[c_index(batch, i, j)] = element(batch, i, j);
      }
    }
  }

  ContractionCall call(const Manner &manner, T *c) const {
    ContractionCall call = plain_contraction(manner.kernels, kElement<T>, shape_, a_, b_, c);
    call.kernel.abilities &= manner.abilities;
    call.threads = manner.threads;
    call.parallel_for = on_new_threads;
    return call;
  }

  void check(const Manner &manner) const {
    GuardedBytes c_bytes(c_count_ * sizeof(T));
    T *const c = reinterpret_cast<T *>(c_bytes.data());
    std::copy_n(untouched().begin(), c_count_, c);
    ContractionCall call = this->call(manner, c);
    GuardedBytes scratch(contraction_scratch_bytes(call));
    call.scratch = scratch.data();
    contract(call);
    for (int64_t i = 0; i < c_count_; ++i) {
      ASSERT_EQ(std::memcmp(&c[i], &expected_[i], sizeof(T)), 0)
          << "element " << i << ": " << +c[i] << " != " << +expected_[i] << " for batch " << shape_.batch << ", m "
          << shape_.m << ", n " << shape_.n << ", k " << shape_.k << ", abilities " << call.kernel.abilities
          << ", threads " << manner.threads << ", tile " << call.kernel.mr << "x" << call.kernel.nr;
    }
  }

  const ContractionShape &shape() const { return shape_; }
  const T *a() const { return a_; }
  const T *b() const { return b_; }
  const std::vector<T> &expected() const { return expected_; }

private:
  int64_t c_index(int64_t batch, int64_t i, int64_t j) const {
    return batch * shape_.c_batch_stride + i * shape_.c_row + j;
  }

  T element(int64_t batch, int64_t i, int64_t j) const {
    if (shape_.k == 0)
      return T(0);
    T c = -T(0);
    for (int64_t p = 0; p < shape_.k; ++p) {
      c = chain_step(a_[batch * shape_.a_batch_stride + i * shape_.a_row + p * shape_.a_col],
                     b_[batch * shape_.b_batch_stride + p * shape_.b_row + j * shape_.b_col], c);
    }
    return c;
  }

  std::vector<T> untouched() const { return std::vector<T>(c_count_, T(99)); }

  ContractionShape shape_;
  int64_t a_count_, b_count_, c_count_;
  GuardedBytes a_bytes_, b_bytes_;
  T *a_;
  T *b_;
  std::vector<T> expected_;
};

enum Layout { kRowMajor, kTransposedA, kTransposedB, kTransposedBoth, kScattered, kLayouts };

ContractionShape shape_of(Layout layout, int64_t batch, int64_t m, int64_t n, int64_t k) {
  if (layout == kScattered) {
    return {batch, m, n, k, 3 * m * k + 5, 3 * k, 3, 2 * n * k + 7, 2 * n + 1, 2, m * (n + 3) + 1, n + 3};
  }
  const bool a = layout == kTransposedA || layout == kTransposedBoth;
  const bool b = layout == kTransposedB || layout == kTransposedBoth;
  return {batch, m, n, k, m * k, a ? 1 : k, a ? m : 1, k * n, b ? 1 : n, b ? k : 1, m * n, n};
}

class Contraction : public testing::TestWithParam<CpuLevel> {
protected:
  void SetUp() override {
    if (GetParam() > native_cpu_level())
      GTEST_SKIP() << "the processor is not of level " << name_of(GetParam());
    kernels_ = GetParam() == CpuLevel::v4 ? &kContractionV4 : &kContractionV3;
  }

  template <class T>
  void check(const ContractionShape &shape) const {
    const Problem<T> problem(shape);
    problem.check({kernels_});
    problem.check({kernels_, kNoAbilities});
    problem.check({kernels_, kSkipsRows});
  }

  const ContractionKernels *kernels_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Level, Contraction, testing::Values(CpuLevel::v3, CpuLevel::v4),
                         [](const auto &info) { return info.param == CpuLevel::v4 ? "v4" : "v3"; });

void for_odd_sizes(const std::function<void(const ContractionShape &)> &check) {
  for (int64_t m : {1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 29}) {
    for (int64_t n : {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 40, 64, 65, 80, 127, 129}) {
      for (int64_t k : {1, 2, 17, 37}) {
        for (int layout = 0; layout < kLayouts; ++layout)
          check(shape_of(static_cast<Layout>(layout), 1, m, n, k));
      }
    }
  }
}

TEST_P(Contraction, EqualsTheChainsOfFmaAtOddSizesF32) {
  for_odd_sizes([&](const ContractionShape &shape) { check<float>(shape); });
}

TEST_P(Contraction, EqualsTheChainsOfFmaAtOddSizesF64) {
  for_odd_sizes([&](const ContractionShape &shape) { check<double>(shape); });
}

void for_integer_sizes(const std::function<void(const ContractionShape &)> &check) {
  for (int64_t m : {1, 3, 6, 7, 16}) {
    for (int64_t n : {1, 7, 16, 33, 65, 130}) {
      for (int layout = 0; layout < kLayouts; ++layout)
        check(shape_of(static_cast<Layout>(layout), 1, m, n, 35));
    }
  }
}

TEST_P(Contraction, WrapsIntegers) {
  for_integer_sizes([&](const ContractionShape &shape) { check<int8_t>(shape); });
  for_integer_sizes([&](const ContractionShape &shape) { check<uint8_t>(shape); });
  for_integer_sizes([&](const ContractionShape &shape) { check<int16_t>(shape); });
  for_integer_sizes([&](const ContractionShape &shape) { check<int32_t>(shape); });
  for_integer_sizes([&](const ContractionShape &shape) { check<int64_t>(shape); });
}

TEST_P(Contraction, ContinuesChainsAcrossBlocksOfK) {
  for (int64_t k : {95, 96, 97, 191, 193, 383, 384, 385, 767, 769, 1000}) {
    for (int layout = 0; layout < kLayouts; ++layout) {
      check<float>(shape_of(static_cast<Layout>(layout), 1, 15, 33, k));
      check<float>(shape_of(static_cast<Layout>(layout), 1, 1, 130, k));
      check<double>(shape_of(static_cast<Layout>(layout), 1, 7, 17, k));
    }
  }
}

TEST_P(Contraction, BlocksRowsAndColumns) {
  for (int layout = 0; layout < kLayouts; ++layout) {
    check<float>(shape_of(static_cast<Layout>(layout), 1, 301, 77, 50));
    check<float>(shape_of(static_cast<Layout>(layout), 1, 17, 1100, 50));
    check<double>(shape_of(static_cast<Layout>(layout), 1, 270, 530, 20));
  }
  // Steps that are a multiple of a page apart, and a block of A and of B beyond their sizes.
  check<float>(shape_of(kTransposedA, 1, 1024, 520, 8));
  check<float>(shape_of(kRowMajor, 1, 260, 700, 384));
}

TEST_P(Contraction, BroadcastsAndStridesBatches) {
  for (int layout = 0; layout < kLayouts; ++layout) {
    for (const auto &[m, n] : {std::pair<int64_t, int64_t>{5, 9}, {1, 40}, {15, 1}, {1, 1}, {30, 33}}) {
      ContractionShape shape = shape_of(static_cast<Layout>(layout), 4, m, n, 19);
      check<float>(shape);
      shape.b_batch_stride = 0;
      check<float>(shape);
      shape.a_batch_stride = 0;
      check<float>(shape);
      shape = shape_of(static_cast<Layout>(layout), 4, m, n, 19);
      shape.a_batch_stride = 0;
      check<double>(shape);
    }
  }
}

TEST_P(Contraction, RepeatsRowsAndColumnsOfStrideZero) {
  ContractionShape shape = shape_of(kRowMajor, 1, 15, 40, 21);
  shape.a_row = 0;
  check<float>(shape);
  shape.b_col = 0;
  check<float>(shape);
  shape.b_row = shape.a_col = 0;
  check<float>(shape);
}

TEST_P(Contraction, GivesPositiveZeroForEmptyK) {
  for (const auto &[m, n] : {std::pair<int64_t, int64_t>{1, 1}, {5, 9}, {1, 200}, {40, 70}}) {
    check<float>(shape_of(kRowMajor, 2, m, n, 0));
    check<double>(shape_of(kTransposedB, 2, m, n, 0));
    check<int8_t>(shape_of(kRowMajor, 2, m, n, 0));
    check<int64_t>(shape_of(kRowMajor, 2, m, n, 0));
  }
}

TEST_P(Contraction, KeepsTheSignOfZeroProducts) {
  const float a[1] = {-1.0f}, b[2] = {0.0f, -0.0f};
  float c[2] = {5, 5};
  contract(plain_contraction(kernels_, ContractionElement::f32, {1, 1, 2, 1, 0, 1, 1, 0, 2, 1, 0, 2}, a, b, c));
  EXPECT_TRUE(c[0] == 0 && std::signbit(c[0]));
  EXPECT_TRUE(c[1] == 0 && !std::signbit(c[1]));
}

TEST_P(Contraction, TouchesNothingWithoutElements) {
  for (const ContractionShape &shape :
       {shape_of(kRowMajor, 0, 3, 4, 5), shape_of(kRowMajor, 2, 0, 4, 5), shape_of(kRowMajor, 2, 3, 0, 5)}) {
    const ContractionCall call = plain_contraction(kernels_, ContractionElement::f32, shape, nullptr, nullptr, nullptr);
    EXPECT_EQ(contraction_scratch_bytes(call), 0);
    contract(call);
  }
}

TEST_P(Contraction, GivesTheSameBitsOnAnyNumberOfThreads) {
  for (const ContractionShape &shape : {shape_of(kRowMajor, 1, 131, 203, 97), shape_of(kTransposedB, 1, 3, 2100, 150),
                                        shape_of(kTransposedA, 1, 900, 10, 150), shape_of(kRowMajor, 7, 65, 33, 100),
                                        shape_of(kRowMajor, 2, 90, 90, 70)}) {
    const Problem<float> problem(shape);
    for (int32_t threads : {2, 3, 5, 16}) {
      problem.check({kernels_, ~0, threads});
      problem.check({kernels_, kNoAbilities, threads});
    }
  }
}

// A kernel as compiled code has it: a tile of its own, packed panels only, and an epilogue that writes elsewhere.
struct Epilogue {
  const ContractionShape *shape;
  std::vector<float> *out;
  std::set<std::tuple<int64_t, int64_t, int64_t>> begun, finished;
  int64_t padding_faults = 0;
};

constexpr int64_t kOddRows = 5, kOddColumns = 7;

void run_odd_tile(const MicroTile *tile) {
  auto *epilogue = static_cast<Epilogue *>(tile->epilogue);
  const auto *a = static_cast<const float *>(tile->a);
  const auto *b = static_cast<const float *>(tile->b);
  auto *c = static_cast<float *>(tile->c);
  const auto origin = std::tuple(tile->batch, tile->row, tile->col);
  EXPECT_TRUE(!tile->first || epilogue->begun.insert(origin).second);
  EXPECT_TRUE(!tile->last || epilogue->finished.insert(origin).second);
  EXPECT_EQ(tile->a_row, 1);
  EXPECT_EQ(tile->a_step, kOddRows);
  EXPECT_EQ(tile->b_step, kOddColumns);
  for (int64_t p = 0; p < tile->kc; ++p) {
    for (int64_t i = tile->m; i < kOddRows; ++i)
      epilogue->padding_faults += a[p * kOddRows + i] != 0;
    for (int64_t j = tile->n; j < kOddColumns; ++j)
      epilogue->padding_faults += b[p * kOddColumns + j] != 0;
  }
  for (int64_t i = 0; i < tile->m; ++i) {
    for (int64_t j = 0; j < tile->n; ++j) {
      float value = tile->first ? (tile->kc == 0 ? 0.0f : -0.0f) : c[i * tile->ldc + j];
      for (int64_t p = 0; p < tile->kc; ++p)
        value = std::fma(a[p * kOddRows + i], b[p * kOddColumns + j], value);
      if (!tile->last) {
        c[i * tile->ldc + j] = value;
        continue;
      }
      const ContractionShape &shape = *epilogue->shape;
      (*epilogue->out)[((tile->batch * shape.m) + tile->row + i) * shape.n + tile->col + j] = value + 1;
    }
  }
}

TEST_P(Contraction, DrivesKernelsWithAnEpilogue) {
  for (int64_t k : {0, 1, 40, 2000, 5000}) {
    const ContractionShape shape = shape_of(kTransposedB, 2, 23, 31, k);
    const Problem<float> problem(shape);
    std::vector<float> accumulators(shape.batch * shape.m * shape.n), out(accumulators.size());
    Epilogue epilogue = {&shape, &out, {}, {}};
    ContractionCall call = problem.call({kernels_}, accumulators.data());
    call.kernel = {run_odd_tile, kOddRows, kOddColumns};
    call.epilogue = &epilogue;
    GuardedBytes scratch(contraction_scratch_bytes(call));
    call.scratch = scratch.data();
    contract(call);
    EXPECT_EQ(epilogue.begun.size(), 2u * 5 * 5);
    EXPECT_EQ(epilogue.finished, epilogue.begun);
    EXPECT_EQ(epilogue.padding_faults, 0);
    for (size_t i = 0; i < out.size(); ++i) {
      const float expected = problem.expected()[i] + 1;
      ASSERT_EQ(std::memcmp(&out[i], &expected, sizeof(float)), 0) << "element " << i << " for k " << k;
    }
  }
}

} // namespace
} // namespace etch::runtime
