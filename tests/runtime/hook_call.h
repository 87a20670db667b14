// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/expansions.h"
#include "runtime/concrete_tensor.h"
#include "runtime/dispatcher.h"
#include "runtime/opaque.h"
#include "runtime/symbolic_tensor.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <string>
#include <vector>

namespace etch::test {

/// Elements between two unreadable pages, at the one or the other.
template <class T>
class GuardedElements {
public:
  GuardedElements(size_t count, bool at_end) : bytes_(2 * kPage + (count * sizeof(T) + kPage) / kPage * kPage) {
    base_ = static_cast<char *>(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_EQ(mprotect(base_, kPage, PROT_NONE), 0);
    EXPECT_EQ(mprotect(base_ + bytes_ - kPage, kPage, PROT_NONE), 0);
    elements_ = reinterpret_cast<T *>(at_end ? base_ + bytes_ - kPage - count * sizeof(T) : base_ + kPage);
  }
  GuardedElements(const GuardedElements &) = delete;
  GuardedElements &operator=(const GuardedElements &) = delete;
  ~GuardedElements() { munmap(base_, bytes_); }
  T *elements() const { return elements_; }

private:
  static constexpr size_t kPage = 4096;
  size_t bytes_;
  char *base_;
  T *elements_;
};

template <class T>
struct HookOperand {
  std::vector<int64_t> dims;
  std::vector<T> elements;
};

/// What the routine of an opaque op makes of operands, in memory that ends where they end.
template <class T>
std::vector<T> run_hook(const char *name, const std::vector<HookOperand<T>> &operands, const ops::Attrs &attrs,
                        const std::vector<int64_t> &result_dims, bool at_end = true) {
  const DType dtype = sizeof(T) == 8 ? DType::f64 : std::is_floating_point_v<T> ? DType::f32 : DType::i32;
  std::vector<std::unique_ptr<GuardedElements<T>>> memory;
  std::vector<runtime::OpaqueBuffer> buffers;
  for (const HookOperand<T> &operand : operands) {
    memory.push_back(std::make_unique<GuardedElements<T>>(operand.elements.size(), at_end));
    std::copy(operand.elements.begin(), operand.elements.end(), memory.back()->elements());
    buffers.push_back({dtype, operand.dims, memory.back()->elements()});
  }
  runtime::OpaqueBuffer result{dtype, result_dims, nullptr};
  const size_t count = static_cast<size_t>(result.size());
  GuardedElements<T> output(count, at_end);
  std::fill_n(output.elements(), count, T{77});
  result.elements = output.elements();
  etch_status status = runtime::kNoStatus;
  const ops::OpDef &op = *ops::find_op(name);
  runtime::opaque_hook(op)({op, attrs, buffers, {&result, 1}, 0, &status});
  return {output.elements(), output.elements() + count};
}

/// Tensors as the texts of the op table see them: every op is a call of the current Dispatcher.
class TensorValue : public expansion::DimsOfReading<TensorValue> {
public:
  struct Context {
    TensorValue emit(const ops::OpDef &op, const std::vector<TensorValue> &operands, const ops::Attrs &attrs) {
      std::vector<Tensor> tensors;
      for (const TensorValue &operand : operands)
        tensors.push_back(operand.tensor());
      Tensor result;
      runtime::Dispatcher::current().call({op, tensors, attrs, nullptr, {}}, {&result, 1});
      return {*this, result};
    }
  };

  TensorValue(Context &context, Tensor tensor) : context_(&context), tensor_(std::move(tensor)) {}
  DType dtype() const { return tensor_.dtype(); }
  ops::Dims dims() const {
    if (tensor_.is_symbolic())
      return runtime::symbolic(tensor_).type.dims;
    return {runtime::concrete(tensor_).shape.begin(), runtime::concrete(tensor_).shape.end()};
  }
  Context &context() const { return *context_; }
  const Tensor &tensor() const { return tensor_; }

private:
  Context *context_;
  Tensor tensor_;
};

/// The gradients of an op's operands by its record, where there are any.
inline std::vector<Tensor> vjp_of(const char *name, const std::vector<Tensor> &operands, const ops::Attrs &attrs,
                                  const Tensor &y, const Tensor &dy) {
  TensorValue::Context context;
  std::vector<TensorValue> values;
  for (const Tensor &operand : operands)
    values.emplace_back(context, operand);
  std::vector<Tensor> gradients;
  for (const auto &gradient :
       expansion::vjp<TensorValue>(*ops::find_op(name), context, values, attrs, {context, y}, {context, dy}))
    gradients.push_back(gradient ? gradient->tensor() : Tensor());
  return gradients;
}

} // namespace etch::test
