// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/concrete_tensor.h"
#include "runtime/eager_dispatcher.h"
#include "runtime/kernels/table.h"
#include "runtime/strided_copy.h"
#include "runtime/thread_pool.h"
#include "support/half.h"
#include "support/require.h"

#include <algorithm>

namespace etch::runtime {
namespace {

constexpr int kMaxInputs = 4;
// Elements gathered at a time where an operand cannot be read in place: few enough to stay in the first-level cache.
constexpr int64_t kBlock = 1024;
// Rows that are shorter cost more to call a kernel for than to gather.
constexpr int64_t kShortRow = 128;
constexpr int64_t kTile = 4096;
// Elements that are worth waking a thread for.
constexpr int64_t kGrain = 32768;

int64_t offset_bytes(int64_t elements, size_t element_bytes) { return elements * static_cast<int64_t>(element_bytes); }

struct Input {
  const char *first;
  size_t element_bytes;
  /// Per axis of Loops, in elements.
  int64_t strides[Shape::kMaxRank];

  const char *at(int64_t element) const { return first + offset_bytes(element, element_bytes); }
};

template <class T>
void fill_positions(int64_t begin, int64_t count, T *out) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<T>(begin + i);
}

template <class Half>
void fill_half_positions(int64_t begin, int64_t count, Half *out) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = Half(narrowing_double(begin + i));
}

void fill_positions(DType dtype, int64_t begin, int64_t count, void *out) {
  switch (dtype) {
  case DType::f32:
    return fill_positions(begin, count, static_cast<float *>(out));
  case DType::f64:
    return fill_positions(begin, count, static_cast<double *>(out));
  case DType::i64:
    return fill_positions(begin, count, static_cast<int64_t *>(out));
  case DType::i32:
    return fill_positions(begin, count, static_cast<int32_t *>(out));
  case DType::i16:
    return fill_positions(begin, count, static_cast<int16_t *>(out));
  case DType::f16:
    return fill_half_positions(begin, count, static_cast<float16 *>(out));
  case DType::bf16:
    return fill_half_positions(begin, count, static_cast<bfloat16 *>(out));
  default:
    return fill_positions(begin, count, static_cast<uint8_t *>(out));
  }
}

/// An elementwise op over a row-major result: the iteration space, collapsed over all operands together, and how to
/// run any range of its elements.
class Loops {
public:
  Loops(ElementwiseKernel kernel, void *out, size_t out_bytes)
      : kernel_(kernel), out_(static_cast<char *>(out)), out_bytes_(out_bytes) {}

  /// `strides`: one per dimension of the result, 0 where the operand is repeated. All inputs before collapse().
  Input &add_input(const void *first, size_t element_bytes) {
    ETCH_CHECK(input_count_ < kMaxInputs);
    Input &input = inputs_[input_count_++];
    input.first = static_cast<const char *>(first);
    input.element_bytes = element_bytes;
    return input;
  }
  void set_position(DType dtype) {
    ETCH_CHECK(input_count_ < kMaxInputs);
    position_dtype_ = dtype;
  }

  void collapse(const Shape &shape) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] == 1)
        continue;
      const bool joins = rank_ > 0 && std::all_of(inputs_, inputs_ + input_count_, [&](const Input &input) {
                           return input.strides[rank_ - 1] == input.strides[axis] * shape[axis];
                         });
      if (joins)
        dims_[--rank_] *= shape[axis];
      else
        dims_[rank_] = shape[axis];
      for (int i = 0; i < input_count_; ++i)
        inputs_[i].strides[rank_] = inputs_[i].strides[axis];
      ++rank_;
    }
    size_ = shape.size();
    const int last = rank_ - 1;
    by_rows_ = !position_dtype_ && (rank_ == 0 || rank_ == 1 || dims_[last] >= kShortRow) &&
               std::all_of(inputs_, inputs_ + input_count_, [&](const Input &input) {
                 return rank_ == 0 || input.strides[last] == 0 || input.strides[last] == 1;
               });
  }

  void run() {
    if (size_ == 0)
      return;
    if (size_ <= kGrain)
      return run_range(0, size_);
    const auto body = [](void *context, int64_t begin, int64_t end) {
      const Loops &self = *static_cast<const Loops *>(context);
      self.run_range(begin * kTile, std::min(end * kTile, self.size_));
    };
    parallel_for((size_ + kTile - 1) / kTile, kGrain / kTile, body, this);
  }

private:
  void run_range(int64_t begin, int64_t end) const {
    if (by_rows_)
      run_rows(begin, end);
    else
      run_blocks(begin, end);
  }

  // Kernels read the operands in place, one call for each run of the innermost axis.
  void run_rows(int64_t begin, int64_t end) const {
    const int64_t columns = rank_ == 0 ? 1 : dims_[rank_ - 1];
    int64_t steps[kMaxInputs];
    for (int i = 0; i < input_count_; ++i)
      steps[i] = rank_ == 0 ? 0 : inputs_[i].strides[rank_ - 1];
    while (begin < end) {
      const int64_t column = begin % columns;
      const int64_t count = std::min(columns - column, end - begin);
      const void *addresses[kMaxInputs];
      for (int i = 0; i < input_count_; ++i)
        addresses[i] = inputs_[i].at(row_offset(inputs_[i], begin / columns) + column * steps[i]);
      kernel_(count, out_ + offset_bytes(begin, out_bytes_), addresses, steps);
      begin += count;
    }
  }

  int64_t row_offset(const Input &input, int64_t row) const {
    int64_t offset = 0;
    for (int axis = rank_ - 2; axis >= 0; --axis) {
      offset += row % dims_[axis] * input.strides[axis];
      row /= dims_[axis];
    }
    return offset;
  }

  void run_blocks(int64_t begin, int64_t end) const {
    alignas(64) char buffers[kMaxInputs][kBlock * 8];
    int64_t steps[kMaxInputs];
    const void *addresses[kMaxInputs];
    StridedSpace spaces[kMaxInputs];
    for (int i = 0; i < input_count_; ++i)
      spaces[i] = StridedSpace({dims_, static_cast<size_t>(rank_)}, inputs_[i].strides);
    for (; begin < end; begin += kBlock) {
      const int64_t count = std::min(kBlock, end - begin);
      for (int i = 0; i < input_count_; ++i) {
        const StridedSpace &space = spaces[i];
        const bool is_shared = space.rank == 0 || (space.rank == 1 && space.strides[0] == 0);
        const bool is_adjacent = space.rank == 1 && space.strides[0] == 1;
        steps[i] = is_shared ? 0 : 1;
        addresses[i] = inputs_[i].at(is_adjacent ? begin : 0);
        if (is_shared || is_adjacent)
          continue;
        gather_elements(space, inputs_[i].element_bytes, inputs_[i].first, begin, count, buffers[i]);
        addresses[i] = buffers[i];
      }
      if (position_dtype_) {
        fill_positions(*position_dtype_, begin, count, buffers[input_count_]);
        addresses[input_count_] = buffers[input_count_];
        steps[input_count_] = 1;
      }
      kernel_(count, out_ + offset_bytes(begin, out_bytes_), addresses, steps);
    }
  }

  ElementwiseKernel kernel_;
  char *out_;
  size_t out_bytes_;
  int input_count_ = 0;
  Input inputs_[kMaxInputs];
  std::optional<DType> position_dtype_;
  int rank_ = 0;
  int64_t dims_[Shape::kMaxRank];
  int64_t size_ = 0;
  bool by_rows_ = false;
};

// Aligned to the result's trailing dimensions, as NumPy broadcasts.
void broadcast_strides(const ConcreteNode &node, const Shape &result, int64_t *strides) {
  const int added = result.rank() - node.shape.rank();
  std::fill_n(strides, added, 0);
  strides_of(node, strides + added);
  for (int axis = added; axis < result.rank(); ++axis)
    if (node.shape[axis - added] == 1)
      strides[axis] = 0;
}

ElementwiseKernel kernel_of(const OpCall &call, DType result_dtype) {
  const DType key =
      call.op.key_operand < 0 ? result_dtype : concrete(call.operands[static_cast<size_t>(call.op.key_operand)]).dtype;
  const KernelTable &table = kernels();
  const ElementwiseKernel kernel =
      call.op.converts ? table.cast(result_dtype, key) : table.elementwise(call.op.index, key);
  ETCH_CHECK(kernel) << call.op.name << " has no kernel for " << key;
  return kernel;
}

// Numbers that the text takes as parameters are operands of one element.
void add_parameters(Loops &loops, const OpCall &call, DType dtype, int rank, ops::Scalar *storage) {
  for (size_t i = 0; i < call.attrs.size(); ++i) {
    if (!call.op.attrs[i].in_text)
      continue;
    const ops::Dim *dim = std::get_if<ops::Dim>(&call.attrs[i]);
    *storage = dim ? ops::Scalar::of(dtype, dim->value()) : std::get<ops::Scalar>(call.attrs[i]);
    Input &input = loops.add_input(&storage->bits, size_of(dtype));
    std::fill_n(input.strides, rank, 0);
    ++storage;
  }
  if (call.op.uses_position)
    loops.set_position(dtype);
}

Tensor broadcast_loops(const OpCall &call, DType dtype, const Shape &shape, ElementwiseKernel kernel) {
  Tensor result = allocate_tensor(dtype, shape, call.location);
  Loops loops(kernel, mutable_elements(result), size_of(dtype));
  for (const Tensor &operand : call.operands) {
    const ConcreteNode &node = concrete(operand);
    broadcast_strides(node, shape, loops.add_input(node.first, size_of(node.dtype)).strides);
  }
  ops::Scalar parameters[kMaxInputs];
  add_parameters(loops, call, dtype, shape.rank(), parameters);
  loops.collapse(shape);
  loops.run();
  return result;
}

// The dimensions of a result, built up operand by operand.
struct ResultDims {
  int rank = 0;
  int64_t dims[Shape::kMaxRank];
  const Shape *shape = nullptr; // of an operand that has them all
  bool all_equal = true;        // every operand is row-major and has this shape or rank 0, and there is little to do

  std::span<const int64_t> span() const { return {dims, static_cast<size_t>(rank)}; }

  /// False for shapes that do not broadcast.
  bool add(const ConcreteNode &node) {
    const Shape &other = node.shape;
    all_equal &= node.is_contiguous && other.size() <= kGrain;
    if (other.rank() == 0)
      return true;
    if (rank == 0) {
      rank = other.rank();
      std::copy(other.begin(), other.end(), dims);
      shape = &other;
      return true;
    }
    if (all_equal && *shape == other)
      return true;
    all_equal = false;
    if (other.rank() > rank) {
      const int added = other.rank() - rank;
      std::copy_backward(dims, dims + rank, dims + other.rank());
      std::fill_n(dims, added, 1);
      rank = other.rank();
    }
    for (int axis = 1; axis <= other.rank(); ++axis) {
      int64_t &dim = dims[rank - axis];
      const int64_t given = other[other.rank() - axis];
      if (dim == 1)
        dim = given;
      else if (given != 1 && given != dim)
        return false;
    }
    return true;
  }

  bool fit_in_memory(DType dtype) const {
    int64_t bytes = static_cast<int64_t>(size_of(dtype));
    for (int axis = 0; axis < rank; ++axis)
      if (dims[axis] != 0 && __builtin_mul_overflow(bytes, dims[axis], &bytes))
        return false;
    return true;
  }
};

// False where only the shape rule can say what is wrong.
bool plain_operands(const OpCall &call, ResultDims &dims, DType &key) {
  constexpr uint16_t bool_only = 1;
  const ops::OpDef &op = call.op;
  for (size_t i = 0; i < call.operands.size(); ++i) {
    const Tensor &operand = call.operands[i];
    if (!operand.defined() || operand.node()->symbolic)
      return false;
    const ConcreteNode &node = concrete(operand);
    if (static_cast<int>(i) == op.key_operand)
      key = node.dtype;
    else if (node.dtype != (op.operand_dtypes[i] == bool_only ? DType::boolean : key))
      return false;
    if (!dims.add(node))
      return false;
  }
  return true;
}

} // namespace

Tensor run_elementwise(const OpCall &call, const ops::TensorType &type) {
  return broadcast_loops(call, type.dtype, type.shape(call.location), kernel_of(call, type.dtype));
}

// The same rule as ops::rules::elementwise for known dimensions, without its symbols and messages.
bool try_elementwise(const OpCall &call, Tensor &result) {
  const ops::OpDef &op = call.op;
  if (op.operand_count < 1 || op.operand_count > 3 || op.attrs.size() != (op.converts ? 1 : 0))
    return false;
  ResultDims dims;
  DType key = DType::boolean;
  if (!plain_operands(call, dims, key))
    return false;
  const DType dtype = op.converts                                    ? std::get<DType>(call.attrs[0])
                      : op.result_dtype == ops::ResultDType::boolean ? DType::boolean
                                                                     : key;
  // A missing kernel means a dtype that the op does not take.
  const ElementwiseKernel kernel = op.converts ? kernels().cast(dtype, key) : kernels().elementwise(op.index, key);
  if (!kernel || !dims.fit_in_memory(dtype))
    return false;
  if (!dims.all_equal) {
    result = broadcast_loops(call, dtype, Shape(dims.span(), call.location), kernel);
    return true;
  }
  result = allocate_tensor(dtype, dims.rank == 0 ? Shape() : *dims.shape, call.location);
  const int64_t size = concrete(result).shape.size();
  const void *addresses[3];
  int64_t steps[3];
  for (size_t i = 0; i < call.operands.size(); ++i) {
    const ConcreteNode &node = concrete(call.operands[i]);
    addresses[i] = node.first;
    steps[i] = node.shape.rank() == 0 ? 0 : 1;
  }
  if (size > 0)
    kernel(size, mutable_elements(result), addresses, steps);
  return true;
}

} // namespace etch::runtime
