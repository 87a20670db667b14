// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every op of the table on random inputs of every dtype it takes: compiled results are the eager ones, bit for bit.
#include "tests/contract/contract.h"
#include "tests/random_programs/generate.h"

#include <etch/environment.h>

#include <gtest/gtest.h>

#include <cctype>
#include <map>

namespace etch::test {
namespace {

using ops::Dims;
using ops::OpClass;
using ops::OpDef;

std::string title_of(const OpDef &op, DType dtype) { return std::string(op.name) + " " + name_of(dtype); }

/// Prints what was compared, and asks for enough of it, op by op, as each may be a process of its own.
class EveryOp : public testing::TestWithParam<const OpDef *> {
protected:
  static inline int ops = 0, dtypes = 0; ///< times each test, its dtypes

  static void TearDownTestSuite() {
    const ComparedCalls &calls = compared_calls();
    std::printf(
        "%d tests of an op, %d of an op and a dtype; calls compared with eager ones: %lld compiled, %lld compiled "
        "for unknown sizes, %lld on threads\n",
        ops, dtypes, static_cast<long long>(calls.compiled), static_cast<long long>(calls.unknown_sizes),
        static_cast<long long>(calls.threads));
  }

  /// For every dtype that the op takes: test(dtype) must compare `least` calls by `count`.
  void for_all_dtypes(int64_t ComparedCalls::*count, int64_t least, const std::function<void(DType)> &test) {
    ++ops;
    for (const DType dtype : key_dtypes(*GetParam())) {
      ++dtypes;
      const int64_t before = compared_calls().*count;
      test(dtype);
      EXPECT_GE(compared_calls().*count - before, least) << title_of(*GetParam(), dtype) << " was hardly called";
    }
  }
};

TEST_P(EveryOp, IsTheSameCompiled) {
  const OpDef &op = *GetParam();
  const std::vector<Dims> shapes{{},     {0},    {1},       {7},       {64},     {65},   {1000},      {3, 5},
                                 {5, 1}, {0, 4}, {2, 3, 4}, {4, 1, 6}, {17, 33}, {1, 9}, {2, 1, 3, 5}};
  for_all_dtypes(&ComparedCalls::compiled, 10, [&](DType dtype) {
    for (const Elements style : {Elements::edges, Elements::wild})
      expect_agreement(
          program_of(op, dtype, shapes, static_cast<uint64_t>(op.index) * 100 + static_cast<uint64_t>(dtype), style),
          title_of(op, dtype));
  });
}

TEST_P(EveryOp, IsTheSameAtUnknownSizes) {
  const OpDef &op = *GetParam();
  constexpr int64_t kMarked = 11; // an extent that nothing else has
  for_all_dtypes(&ComparedCalls::unknown_sizes, 6, [&](DType dtype) {
    // Several blocks are a matter of the dtype's size, which rank 2 shows.
    const bool is_common = dtype == DType::f32 || dtype == key_dtypes(op).front();
    for (const Dims &shape : std::vector<Dims>{{kMarked}, {kMarked, 3}, {3, kMarked}, {2, kMarked, 3}}) {
      std::vector<int64_t> sizes{kMarked, 0, 1, 2, 7};
      if (is_common || shape.size() == 2)
        sizes.push_back(4096);
      const uint64_t seed = static_cast<uint64_t>(op.index) * 100 + shape.size();
      expect_agreement_at_sizes(program_of(op, dtype, {shape}, seed), kMarked, sizes, title_of(op, dtype));
    }
  });
}

TEST_P(EveryOp, IsTheSameOnSeveralThreads) {
  const OpDef &op = *GetParam();
  for_all_dtypes(&ComparedCalls::threads, 2, [&](DType dtype) {
    // One dtype has rows and columns of many blocks, all have more than one thread takes.
    const std::vector<Dims> large{{1 << 19}, {1024, 500}, {3, 100001}, {40000, 13}}, small{{140000}, {350, 400}};
    const bool is_last = dtype == key_dtypes(op).back();
    expect_agreement_on_threads(
        program_of(op, dtype, is_last ? large : small, static_cast<uint64_t>(op.index), Elements::tame), 3,
        title_of(op, dtype));
  });
}

TEST(Table, HasOpsAndDTypesForEveryTest) {
  size_t dtypes = 0;
  for (const OpDef *op : pure_ops())
    dtypes += key_dtypes(*op).size();
  std::printf("%zu ops, %zu with their dtypes\n", pure_ops().size(), dtypes);
  EXPECT_GE(pure_ops().size(), 155u);
  EXPECT_GE(dtypes, 880u);
}

INSTANTIATE_TEST_SUITE_P(Table, EveryOp, testing::ValuesIn(pure_ops()),
                         [](const auto &info) { return std::string(info.param->name); });

std::vector<const OpDef *> ops_of(OpClass op_class) {
  std::vector<const OpDef *> found;
  for (const OpDef *op : pure_ops())
    if (op->op_class == op_class)
      found.push_back(op);
  return found;
}

/// A program of one op's calls, each on an input of its own.
class CallList {
public:
  explicit CallList(const OpDef &op) : op_(op) {}

  void add(const std::vector<Input> &inputs, const ops::Attrs &attrs) {
    Call call{&op_, {}, attrs};
    for (size_t i = 0; i < inputs.size(); ++i)
      call.operands.push_back(static_cast<int>(inputs_.size() + i));
    inputs_.insert(inputs_.end(), inputs.begin(), inputs.end());
    calls_.push_back(call);
  }

  Program take() {
    Program program;
    program.inputs = std::move(inputs_);
    program.calls = std::move(calls_);
    for (size_t i = 0; i < program.calls.size(); ++i)
      program.results.push_back(program.value_of_call(i));
    inputs_.clear();
    calls_.clear();
    return program;
  }

private:
  const OpDef &op_;
  std::vector<Input> inputs_;
  std::vector<Call> calls_;
};

// One element beyond whole vectors is stored with a mask of one lane, which LLVM has got wrong for narrowing stores.
TEST(Conversions, KeepWithinTheirBuffersBetweenAllDTypes) {
  Random random(3);
  for (const OpDef *op : pure_ops())
    for (const DType from : op->converts ? key_dtypes(*op) : std::vector<DType>{}) {
      CallList calls(*op);
      for (const DType to : key_dtypes(*op))
        for (const int64_t size : {1, 9, 17, 33, 65, 129, 70})
          calls.add({{random_tensor(random, from, Shape({size}), Elements::edges)}}, {to});
      expect_agreement(calls.take(), title_of(*op, from));
    }
}

class EveryReduction : public testing::TestWithParam<const OpDef *> {};

/// Those that the op takes.
std::vector<DType> taken_of(const OpDef &op, const std::vector<DType> &wanted) {
  std::vector<DType> dtypes;
  for (const DType dtype : key_dtypes(op))
    if (std::find(wanted.begin(), wanted.end(), dtype) != wanted.end())
      dtypes.push_back(dtype);
  return dtypes;
}

TEST_P(EveryReduction, IsTheSameOverAllAxisSets) {
  const OpDef &op = *GetParam();
  Random random(1);
  const std::vector<std::vector<int64_t>> shapes{{5},       {3, 4},      {65, 1},     {1, 65},
                                                 {2, 3, 4}, {129, 2, 1}, {3, 1, 130}, {2, 3, 4, 5},
                                                 {2, 0, 3}, {1, 1, 1},   {130, 66}};
  for (const DType dtype : taken_of(op, {DType::f32, DType::i32, DType::bf16, DType::boolean}))
    for (const auto &extents : shapes) {
      CallList calls(op);
      const Shape shape(extents);
      const Input input{random_tensor(random, dtype, shape, Elements::tame)};
      for (int set = 1; set < 1 << shape.rank(); ++set) {
        std::vector<int64_t> axes;
        for (int axis = 0; axis < shape.rank(); ++axis)
          if (set >> axis & 1)
            axes.push_back(axis);
        calls.add({input}, {axes, random.chance(0.5)});
      }
      expect_agreement(calls.take(), std::string(op.name) + " of " + shape.text());
    }
}

TEST_P(EveryReduction, IsTheSameAroundBlockSizes) {
  const OpDef &op = *GetParam();
  Random random(2);
  for (const DType dtype : taken_of(op, {DType::f32, DType::f64, DType::u8, DType::f16, DType::boolean})) {
    CallList calls(op);
    for (const int64_t size : {63, 64, 65, 127, 128, 129, 255, 257, 16383, 16384, 16385, 32769, 50000}) {
      calls.add({{random_tensor(random, dtype, Shape({size}), Elements::tame)}}, {std::vector<int64_t>{0}, false});
      calls.add({{random_tensor(random, dtype, Shape({size, 3}), Elements::tame)}}, {std::vector<int64_t>{0}, false});
    }
    calls.add({{random_tensor(random, dtype, Shape({2, 16385}), Elements::tame)}}, {std::vector<int64_t>{1}, false});
    calls.add({{random_tensor(random, dtype, Shape({129, 2, 16385}), Elements::tame)}},
              {std::vector<int64_t>{0, 2}, true});
    expect_agreement(calls.take(), std::string(op.name) + " " + name_of(dtype));
  }
}

INSTANTIATE_TEST_SUITE_P(Table, EveryReduction, testing::ValuesIn(ops_of(OpClass::reduction)),
                         [](const auto &info) { return std::string(info.param->name); });

/// Operand dims of an einsum specification: sizes by letter, batch dims for the ellipses.
std::vector<Dims> operand_dims(std::string_view einsum, const std::map<char, int64_t> &sizes,
                               const std::vector<Dims> &batches) {
  std::vector<Dims> operands;
  const std::string_view terms = einsum.substr(0, einsum.find("->"));
  for (size_t begin = 0; begin < terms.size();) {
    const size_t end = std::min(terms.find(',', begin), terms.size());
    Dims dims;
    for (const char letter : terms.substr(begin, end - begin))
      if (letter != '.')
        dims.push_back(sizes.at(letter));
      else if (dims.empty())
        dims = batches[operands.size()];
    operands.push_back(dims);
    begin = end + 1;
  }
  return operands;
}

class EveryContraction : public testing::TestWithParam<const OpDef *> {
protected:
  /// An operand of these dims, now and then as a transposed view.
  static Input operand(Random &random, DType dtype, Dims dims) {
    Input input;
    input.transposed = dims.size() == 2 && random.chance(0.4);
    if (input.transposed)
      std::swap(dims[0], dims[1]);
    input.stored = random_tensor(random, dtype, ops::TensorType(dtype, dims).shape(), Elements::tame);
    return input;
  }

  void expect_agreement_of(DType dtype, int count, const std::vector<int64_t> &extents,
                           const std::vector<std::vector<Dims>> &batches) {
    const OpDef &op = *GetParam();
    Random random(static_cast<uint64_t>(dtype));
    CallList calls(op);
    for (int i = 0; i < count; ++i) {
      std::map<char, int64_t> sizes;
      for (const char letter : std::string_view(op.einsum))
        if (std::isalpha(letter) && !sizes.count(letter))
          sizes[letter] = random.pick(extents);
      std::vector<Input> inputs;
      for (const Dims &dims : operand_dims(op.einsum, sizes, random.pick(batches)))
        inputs.push_back(operand(random, dtype, dims));
      calls.add(inputs, {});
      if (i % 8 == 7)
        expect_agreement(calls.take(), std::string(op.name) + " " + name_of(dtype));
    }
  }
};

TEST_P(EveryContraction, IsTheSameAtOddSizes) {
  for (const DType dtype : key_dtypes(*GetParam()))
    expect_agreement_of(dtype, dtype == DType::f32 ? 64 : 24, {0, 1, 2, 3, 5, 7, 8, 13, 16, 17, 31, 33, 64, 65, 100},
                        {{{}, {}}});
}

TEST_P(EveryContraction, IsTheSameInBatches) {
  const std::vector<std::vector<Dims>> batches{{{3}, {3}},    {{3}, {1}},       {{}, {2}},        {{2}, {}},
                                               {{2, 3}, {3}}, {{2, 1}, {1, 3}}, {{2, 3}, {2, 1}}, {{1}, {4}},
                                               {{0}, {1}},    {{1, 1}, {2, 2}}, {{2, 3}, {2, 3}}, {{2, 1, 2}, {3, 1}}};
  for (const DType dtype : {DType::f32, DType::f64, DType::i64})
    expect_agreement_of(dtype, 32, {1, 2, 3, 7, 16, 17, 33}, batches);
}

TEST_P(EveryContraction, IsTheSameBeyondOneBlock) {
  for (const DType dtype : {DType::f32, DType::f64})
    expect_agreement_of(dtype, 8, {1, 129, 250, 513, 700}, {{{}, {}}});
}

INSTANTIATE_TEST_SUITE_P(Table, EveryContraction, testing::ValuesIn(ops_of(OpClass::contraction)),
                         [](const auto &info) { return std::string(info.param->name); });

} // namespace
} // namespace etch::test
