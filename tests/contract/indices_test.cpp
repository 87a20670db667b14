// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Indices far outside of every axis, given to every op that takes indices in each of its modes and index dtypes, at few
// and at many positions: eager code, a trace and a trace for unknown extents give the same bits or the same error, on
// one thread and on two.
#include "ops/result_bytes.h"
#include "tests/contract/contract.h"
#include "tests/contract/mistakes.h"
#include "tests/random_programs/elements.h"

#include <etch/environment.h>
#include <etch/etch.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>

namespace etch::test {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max(), kLeast = std::numeric_limits<int64_t>::min();
// Enough for several threads.
constexpr int64_t kManyIndices = 100000, kManyElements = 70000;

constexpr uint16_t bit(DType dtype) { return static_cast<uint16_t>(1 << static_cast<int>(dtype)); }
constexpr uint16_t kIndexDTypes = bit(DType::i16) | bit(DType::i32) | bit(DType::i64);

/// Operands that the table types as indices, and those that its names call so.
int index_operand(const ops::OpDef &op) {
  static const std::set<std::string_view> names{"indices", "ids", "labels"};
  for (int i = 0; i < op.operand_count; ++i)
    if (const uint16_t mask = op.operand_dtypes[static_cast<size_t>(i)];
        mask == kIndexDTypes || (names.count(op.operand_names[static_cast<size_t>(i)]) && mask & bit(DType::i64)))
      return i;
  return -1;
}

std::vector<const ops::OpDef *> indexing_ops() {
  std::vector<const ops::OpDef *> found;
  for (const ops::OpDef &op : ops::registry())
    if (index_operand(op) >= 0)
      found.push_back(&op);
  return found;
}

/// Where the op chooses what becomes of such an index; -1 where it does not.
int mode_attribute(const ops::OpDef &op) {
  for (size_t i = 0; i < op.attrs.size(); ++i)
    if (op.attrs[i].name == std::string_view("mode"))
      return static_cast<int>(i);
  return -1;
}

using Extents = std::map<int64_t, int64_t>; // others in the place of some

/// Neighbours differ, and nothing is 0.
Tensor counting(DType dtype, const Shape &shape) {
  std::vector<ops::Scalar> elements;
  for (int64_t i = 0; i < shape.size(); ++i)
    elements.push_back(ops::Scalar::of(dtype, i % 97 + 1));
  return tensor_of(elements, dtype, shape);
}

bool is_small(const ops::TensorType &type) {
  const auto bytes = ops::byte_count(type);
  return bytes && *bytes <= int64_t{1} << 24;
}

/// The call with other extents of its indices alone, or of all its operands; nullopt where that is no call, or a large
/// one.
std::optional<AnyCall> with_extents(AnyCall call, const Extents &others, bool indices_alone) {
  std::vector<ops::TensorType> types;
  for (size_t i = 0; i < call.operands.size(); ++i) {
    ops::TensorType &type = types.emplace_back(call.operands[i].dtype(), call.operands[i].shape());
    if (!indices_alone || static_cast<int>(i) == index_operand(*call.op))
      for (ops::Dim &dim : type.dims)
        if (const auto other = others.find(dim.value()); other != others.end())
          dim = other->second;
  }
  try {
    ops::InferContext context;
    const auto results = ops::infer(*call.op, types, call.attrs, context, {});
    if (!std::ranges::all_of(types, is_small) || !is_small(results.at(0)))
      return std::nullopt;
  } catch (const Error &) {
    return std::nullopt;
  }
  for (size_t i = 0; i < call.operands.size(); ++i)
    call.operands[i] = counting(types[i].dtype, types[i].shape());
  return call;
}

/// A stated call, one with many indices, and one with many elements to choose from, as far as there are any.
std::vector<AnyCall> calls_of(const ops::OpDef &op) {
  const size_t indices = static_cast<size_t>(index_operand(op));
  const std::vector<AnyCall> stated = stated_calls(op);
  std::vector<AnyCall> calls;
  const auto add_first = [&](bool of_indices, int64_t many) {
    for (const AnyCall &call : stated)
      for (const bool alone : {true, false}) {
        const Tensor &model = call.operands[of_indices ? indices : 0];
        if (!is_integer(call.operands[indices].dtype()) || model.rank() == 0 || (!of_indices && alone))
          continue;
        const auto other = with_extents(call, {{model.dim(0), many}}, alone);
        if (other && static_cast<int64_t>(other->operands[of_indices ? indices : 0].size()) >= many)
          return calls.push_back(*other);
      }
  };
  for (const AnyCall &call : stated)
    if (calls.empty() && is_integer(call.operands[indices].dtype()) &&
        static_cast<int64_t>(call.operands[indices].size()) > 1)
      calls.push_back(call);
  add_first(true, kManyIndices);
  add_first(false, kManyElements);
  return calls;
}

/// Far outside, and around every extent that may be the bound.
std::set<int64_t> tried_indices(const AnyCall &call) {
  std::set<int64_t> tried{kLeast, kLeast + 1, -(int64_t{1} << 32), INT32_MIN, -2,
                          -1,     INT32_MAX,  int64_t{1} << 32,    kMost - 1, kMost};
  const auto add = [&](int64_t extent) { tried.insert({extent, extent + 1}); };
  for (const ops::Attr &attr : call.attrs)
    if (const auto *dim = std::get_if<ops::Dim>(&attr))
      add(dim->value());
  for (const int64_t extent : call.operands[0].shape())
    add(extent);
  return tried;
}

/// Zeros, with the index at some positions.
Tensor indices_with(int64_t index, const Tensor &like, DType dtype) {
  const int64_t count = like.size();
  std::vector<ops::Scalar> elements(static_cast<size_t>(count), ops::Scalar::of(dtype, int64_t{0}));
  for (const int64_t position : {count / 4, count - 1, count / 2})
    elements[static_cast<size_t>(position)] = ops::Scalar::of(dtype, index);
  return tensor_of(elements, dtype, like.shape());
}

bool holds(DType dtype, int64_t index) { return ops::Scalar::of(dtype, index).as_integer() == index; }

struct Counts {
  int ops = 0, calls = 0, errors = 0;
};

class OutOfRange : public testing::TestWithParam<const ops::OpDef *> {
protected:
  static inline Counts counts;

  static void TearDownTestSuite() {
    std::printf("%d indexing ops, %d calls three times each, %d of them errors\n", counts.ops, counts.calls,
                counts.errors);
  }

  /// All indices and numbers of threads, on one wrapper each.
  void expect_one_outcome(const AnyCall &call, DType dtype, const std::string &title) {
    const size_t place = static_cast<size_t>(index_operand(*call.op));
    const auto run = [&](const std::vector<Tensor> &operands) {
      const Tensor result = call.run(operands).at(0);
      return std::vector<Tensor>{result.dtype() == DType::boolean ? result : result + result};
    };
    std::vector<Tensor> operands = call.operands;
    operands[place] = indices_with(0, call.operands[place], dtype);
    Options options;
    for (const Tensor &operand : operands)
      options.input_signature.push_back(
          {operand.dtype(), std::vector<int64_t>(static_cast<size_t>(operand.rank()), dyn)});
    const auto traced = function(run), unknown = function(run, options);
    for (const int64_t index : tried_indices(call)) {
      if (!holds(dtype, index))
        continue;
      operands[place] = indices_with(index, call.operands[place], dtype);
      for (const int threads : {1, 2}) {
        set_thread_count(threads);
        const Outcome eager = outcome_of([&] { return run(operands); });
        const std::string what = title + ", index " + std::to_string(index) + ", threads " + std::to_string(threads);
        EXPECT_EQ(difference(eager, outcome_of([&] { return traced(operands); })), "") << what;
        EXPECT_EQ(difference(eager, outcome_of([&] { return unknown(operands); })), "") << what << ", unknown extents";
        ++counts.calls;
        counts.errors += !eager.error.empty();
      }
    }
  }
};

TEST_P(OutOfRange, IndicesHaveOneOutcome) {
  const ops::OpDef &op = *GetParam();
  const std::vector<AnyCall> calls = calls_of(op);
  EXPECT_GE(calls.size(), 2u) << op.name;
  const int mode = mode_attribute(op), errors_before = counts.errors, calls_before = counts.calls;
  ++counts.ops;
  const int threads_before = thread_count();
  for (const AnyCall &stated : calls)
    for (size_t choice = 0; choice < (mode < 0 ? 1 : op.attrs[static_cast<size_t>(mode)].choices.size()); ++choice)
      for (int i = 0; i < kDTypeCount; ++i) {
        const auto dtype = static_cast<DType>(i);
        if (!is_integer(dtype) || !(op.operand_dtypes[static_cast<size_t>(index_operand(op))] & bit(dtype)))
          continue;
        AnyCall call = stated;
        std::string title = std::string(op.name) + " " + name_of(dtype);
        if (mode >= 0) {
          const char *word = op.attrs[static_cast<size_t>(mode)].choices[choice];
          call.attrs[static_cast<size_t>(mode)] = std::string(word);
          title += " " + std::string(word);
        }
        expect_one_outcome(call, dtype, title);
      }
  set_thread_count(threads_before);
  // Of the tried ones, 7 at the least are outside of any axis, 3 of them as i32, on 1 and on 2 threads.
  const int words = mode < 0 ? 1 : static_cast<int>(op.attrs[static_cast<size_t>(mode)].choices.size());
  EXPECT_GE(counts.calls - calls_before, static_cast<int>(calls.size()) * words * 2 * (7 + 3)) << op.name;
  if (mode >= 0) { // the first word is that an error is reported
    EXPECT_GE(counts.errors - errors_before, static_cast<int>(calls.size()) * 2 * (7 + 3)) << op.name;
  }
}

TEST(Indices, AreTakenByTheseOps) { EXPECT_GE(indexing_ops().size(), 8u); }

INSTANTIATE_TEST_SUITE_P(Table, OutOfRange, testing::ValuesIn(indexing_ops()),
                         [](const auto &info) { return std::string(info.param->name); });

} // namespace
} // namespace etch::test
