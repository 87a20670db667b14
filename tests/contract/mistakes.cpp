// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/contract/mistakes.h"

#include "ops/result_bytes.h"
#include "runtime/public_call.h"
#include "tests/ops/golden.h"
#include "tests/random_programs/elements.h"

#include <etch/ops.h>

#include <etch/function.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>
#include <thread>

namespace etch::test {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max(), kLeast = std::numeric_limits<int64_t>::min();

bool allows(uint16_t mask, DType dtype) { return mask >> static_cast<int>(dtype) & 1; }

uint16_t mask_of(const ops::OpDef &op, size_t operand) { return op.operand_dtypes[op.operand_count < 0 ? 0 : operand]; }

std::string name_of_operand(const AnyCall &call, size_t operand) {
  return call.op->operand_count < 0 ? std::string(call.op->operand_names[0]) + "[" + std::to_string(operand) + "]"
                                    : call.op->operand_names[operand];
}

AnyCall with_operand(const AnyCall &call, size_t operand, const Tensor &value) {
  AnyCall changed = call;
  changed.operands[operand] = value;
  changed.change = name_of_operand(call, operand) + ": " + spec_text(value);
  return changed;
}

Tensor of_extents(const Tensor &like, const std::vector<int64_t> &extents) {
  Random random(1);
  return random_tensor(random, like.dtype(), Shape(extents), Elements::tame);
}

Tensor value_of(const ops::GoldenTensor &golden) {
  std::vector<ops::Scalar> elements;
  for (const double element : golden.elements)
    elements.push_back(ops::Scalar::of(golden.type.dtype, element));
  return tensor_of(elements, golden.type.dtype, golden.type.shape());
}

std::vector<int64_t> extents_of(const Tensor &tensor) {
  const Shape shape = tensor.shape();
  return {shape.begin(), shape.end()};
}

std::vector<std::string_view> goldens_of(const ops::OpDef &op, bool is_function) {
  std::vector<std::string_view> texts;
#define ETCH_GOLDEN(op_index, text)                                                                                    \
  if (!is_function && op.index == op_index)                                                                            \
    texts.push_back(text);
#define ETCH_FUNCTION_GOLDEN(function_index, text)                                                                     \
  if (is_function && op.index == function_index)                                                                       \
    texts.push_back(text);
#include "ops/contract_rows.inc"
  return texts;
}

AnyCall golden_call(const ops::OpDef &op, bool is_function, std::string_view text) {
  const ops::Golden golden = ops::parse_golden(op, text, DType::f32);
  AnyCall call{&op, is_function, {}, golden.attrs, "as it is"};
  for (const ops::GoldenTensor &operand : golden.operands)
    call.operands.push_back(value_of(operand));
  return call;
}

void add_attribute(std::vector<AnyCall> &calls, const AnyCall &valid, size_t index, ops::Attr value,
                   const std::string &text) {
  AnyCall changed = valid;
  changed.attrs[index] = std::move(value);
  changed.change = std::string(valid.op->attrs[index].name) + " = " + text;
  calls.push_back(std::move(changed));
}

/// Each element in turn replaced; one more and one less.
template <class List, class Value>
void add_lists(std::vector<AnyCall> &calls, const AnyCall &valid, size_t index, const List &list,
               const std::vector<Value> &edges) {
  for (size_t place = 0; place < list.size(); ++place)
    for (const int64_t edge : edges) {
      List changed = list;
      changed[place] = edge;
      add_attribute(calls, valid, index, changed, "…[" + std::to_string(place) + "] " + std::to_string(edge));
    }
  if (list.empty())
    for (const int64_t edge : edges)
      add_attribute(calls, valid, index, List{edge}, "[" + std::to_string(edge) + "]");
  List longer = list, shorter = list;
  longer.push_back(1);
  add_attribute(calls, valid, index, longer, "one more 1");
  longer.back() = kMost;
  add_attribute(calls, valid, index, longer, "one more " + std::to_string(kMost));
  if (shorter.empty())
    return;
  shorter.pop_back();
  add_attribute(calls, valid, index, shorter, "one less");
  longer.back() = list.back();
  add_attribute(calls, valid, index, longer, "the last one twice");
}

void add_numbers(std::vector<AnyCall> &calls, const AnyCall &valid, size_t index, DType dtype) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double value : {0.0, -1.0, 0.5, 1e300, kInfinity, -kInfinity, std::nan("")}) {
    const ops::Scalar scalar = ops::Scalar::of(dtype, value);
    add_attribute(calls, valid, index, scalar, scalar.text());
  }
}

void add_words(std::vector<AnyCall> &calls, const AnyCall &valid, size_t index) {
  for (const char *word : {"", "nonsense", "ERROR", "\n", "{}"})
    add_attribute(calls, valid, index, std::string(word),
                  "\"" + std::string(word == std::string("\n") ? "\\n" : word) + "\"");
}

void add_dtypes(std::vector<AnyCall> &calls, const AnyCall &valid, size_t index) {
  for (int i = 0; i < kDTypeCount; ++i)
    if (const auto dtype = static_cast<DType>(i); !allows(valid.op->attrs[index].dtypes, dtype))
      add_attribute(calls, valid, index, dtype, name_of(dtype));
  add_attribute(calls, valid, index, static_cast<DType>(kDTypeCount), "one more than there are");
  add_attribute(calls, valid, index, static_cast<DType>(255), "255");
}

Tensor of_ended_trace(const Tensor &like) {
  Tensor symbolic;
  try {
    function(
        [&](Tensor x) {
          symbolic = x;
          return x;
        },
        {.name = "ended"})(like);
  } catch (const Error &) { // that it is still held
  }
  return symbolic;
}

Tensor of_failed_trace(const Tensor &like) {
  Tensor symbolic;
  try {
    function(
        [&](Tensor x) -> Tensor {
          symbolic = x;
          throw std::runtime_error("on purpose");
        },
        {.name = "failed"})(like);
  } catch (const std::runtime_error &) {
  }
  return symbolic;
}

/// A trace on a thread of its own, recording until this object ends.
class OtherThread {
public:
  explicit OtherThread(const Tensor &like)
      : thread_([this, like] {
          try {
            function(
                [this](Tensor x) {
                  tensor_.set_value(x);
                  stop_.get_future().wait();
                  return x;
                },
                {.name = "other"})(like);
          } catch (const Error &) { // that others still hold it
          }
        }) {}
  ~OtherThread() {
    stop_.set_value();
    thread_.join();
  }

  Tensor tensor() { return tensor_.get_future().get(); }

private:
  std::promise<Tensor> tensor_;
  std::promise<void> stop_;
  std::thread thread_; // last: it uses the others
};

} // namespace

std::vector<Tensor> AnyCall::run(const std::vector<Tensor> &given) const {
  if (is_function)
    return runtime::call_function(*op, given, attrs, Location::current());
  return {runtime::call_op(*op, given, attrs, Location::current())};
}

const std::vector<int64_t> &edge_integers() {
  static const std::vector<int64_t> edges = [] {
    std::vector<int64_t> values{kLeast, kLeast + 1, kMost - 1, kMost, -3, -2, -1, 0,  1,
                                2,      3,          4,         5,     7,  33, 64, 65, 1000};
    for (const int bits : {7, 8, 15, 16, 31, 32, 61, 62})
      for (const int64_t offset : {-1, 0, 1})
        values.push_back((int64_t{1} << bits) + offset);
    for (const int bits : {31, 32, 62})
      values.push_back(-(int64_t{1} << bits));
    return values;
  }();
  return edges;
}

bool valid_call(const ops::OpDef &op, bool is_function, AnyCall &call) {
  const std::vector<std::string_view> texts = goldens_of(op, is_function);
  if (texts.empty())
    return false;
  call = golden_call(op, is_function, texts.front());
  return true;
}

std::vector<AnyCall> stated_calls(const ops::OpDef &op) {
  std::vector<AnyCall> calls;
  for (const std::string_view text : goldens_of(op, /*is_function=*/false))
    calls.push_back(golden_call(op, false, text));
  const auto add_sample = [&](std::string_view text) {
    const ops::Sample sample = ops::parse_sample(op, text, DType::f32);
    AnyCall &call = calls.emplace_back(AnyCall{&op, false, {}, sample.attrs, "as sampled"});
    for (size_t i = 0; i < sample.operands.size(); ++i) {
      const bool takes_floats = allows(mask_of(op, i), DType::f32);
      call.operands.push_back(
          zeros(ops::TensorType(DType::i64, sample.operands[i]).shape(), takes_floats ? DType::f32 : DType::i64));
    }
  };
#define ETCH_SAMPLE(op_index, text)                                                                                    \
  if (op.index == op_index)                                                                                            \
    add_sample(text);
#include "ops/contract_rows.inc"
  return calls;
}

std::vector<AnyCall> with_other_operands(const AnyCall &valid) {
  std::vector<AnyCall> calls;
  for (size_t i = 0; i < valid.operands.size(); ++i) {
    const Tensor &operand = valid.operands[i];
    for (int dtype = 0; dtype < kDTypeCount; ++dtype)
      if (const auto other = static_cast<DType>(dtype);
          other != operand.dtype() && (valid.operands.size() > 1 || !allows(mask_of(*valid.op, i), other)))
        calls.push_back(with_operand(valid, i, cast(operand, other)));
    const std::vector<int64_t> extents = extents_of(operand);
    std::vector<int64_t> changed = extents;
    changed.insert(changed.begin(), 7);
    calls.push_back(with_operand(valid, i, of_extents(operand, changed)));
    calls.push_back(with_operand(valid, i, of_extents(operand, std::vector<int64_t>(Shape::kMaxRank, 1))));
    if (extents.empty())
      continue;
    calls.push_back(with_operand(valid, i, of_extents(operand, {})));
    for (size_t axis = 0; axis < extents.size(); ++axis) {
      changed = extents;
      changed[axis] += 1;
      calls.push_back(with_operand(valid, i, of_extents(operand, changed)));
    }
  }
  return calls;
}

std::vector<AnyCall> with_other_attributes(const AnyCall &valid) {
  std::vector<AnyCall> calls;
  for (size_t i = 0; i < valid.attrs.size(); ++i) {
    const ops::Attr &attr = valid.attrs[i];
    if (const auto *list = std::get_if<std::vector<int64_t>>(&attr))
      add_lists(calls, valid, i, *list, edge_integers());
    if (const auto *dims = std::get_if<ops::Dims>(&attr))
      add_lists(calls, valid, i, *dims, edge_integers());
    for (const int64_t edge : edge_integers()) {
      if (std::holds_alternative<int64_t>(attr))
        add_attribute(calls, valid, i, edge, std::to_string(edge));
      if (std::holds_alternative<ops::Dim>(attr))
        add_attribute(calls, valid, i, ops::Dim(edge), std::to_string(edge));
    }
    if (const auto *scalar = std::get_if<ops::Scalar>(&attr))
      add_numbers(calls, valid, i, scalar->dtype);
    if (std::holds_alternative<std::string>(attr))
      add_words(calls, valid, i);
    if (std::holds_alternative<DType>(attr))
      add_dtypes(calls, valid, i);
  }
  return calls;
}

std::vector<AnyCall> with_empty_operands(const AnyCall &valid) {
  std::vector<AnyCall> calls;
  for (size_t i = 0; i < valid.operands.size(); ++i) {
    const std::vector<int64_t> whole = extents_of(valid.operands[i]);
    std::vector<int64_t> extents;
    calls.push_back(with_operand(valid, i, of_extents(valid.operands[i], {0})));
    for (size_t axis = 0; axis < whole.size(); ++axis) {
      extents = whole;
      extents[axis] = 0;
      calls.push_back(with_operand(valid, i, of_extents(valid.operands[i], extents)));
    }
    calls.push_back(with_operand(valid, i, of_extents(valid.operands[i], std::vector<int64_t>(whole.size(), 0))));
  }
  AnyCall all = valid;
  for (Tensor &operand : all.operands)
    operand = of_extents(operand, std::vector<int64_t>(static_cast<size_t>(operand.rank()), 0));
  all.change = "all operands empty";
  calls.push_back(all);
  return calls;
}

std::vector<AnyCall> with_unusable_operands(const AnyCall &valid) {
  std::vector<AnyCall> calls;
  for (size_t i = 0; i < valid.operands.size(); ++i) {
    const auto add = [&](const Tensor &value, const std::string &what, const std::shared_ptr<void> &running = {}) {
      AnyCall &changed = calls.emplace_back(valid);
      changed.operands[i] = value;
      changed.change = name_of_operand(valid, i) + ": " + what;
      changed.captured = true;
      changed.running = running;
    };
    const Tensor &operand = valid.operands[i];
    add({}, "undefined");
    add(of_ended_trace(operand), "of a trace that has ended");
    add(of_failed_trace(operand), "of a trace that has failed");
    const auto other = std::make_shared<OtherThread>(operand);
    add(other->tensor(), "of another thread's trace", other);
  }
  return calls;
}

bool is_quick(const AnyCall &call) {
  if (call.is_function || call.captured)
    return true; // pieces of their operands
  std::vector<ops::TensorType> types;
  for (const Tensor &operand : call.operands)
    types.emplace_back(operand.dtype(), operand.shape());
  try {
    ops::InferContext context;
    for (const ops::TensorType &type : ops::infer(*call.op, types, call.attrs, context, {})) {
      const int64_t bytes = ops::byte_count(type).value_or(kBeyondMemory);
      if (bytes > 1 << 22 && bytes < kBeyondMemory)
        return false;
    }
  } catch (const Error &) {
  }
  return true;
}

} // namespace etch::test
