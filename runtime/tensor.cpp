// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <etch/tensor.h>

#include "runtime/allocator.h"
#include "runtime/concrete_tensor.h"
#include "runtime/donated_tensor.h"
#include "runtime/symbolic_dim.h"
#include "runtime/symbolic_tensor.h"
#include "support/require.h"

#include <cstring>

namespace etch {
namespace {

void require_defined(const Tensor &tensor, const char *what, Location location) {
  ETCH_REQUIRE(tensor.defined(), ErrorCode::invalid_argument, location)
      << what << ": the tensor must be defined, got an undefined one";
}

// "f32[2,?] that depends on argument 0"
std::string traced_text(const runtime::SymbolicNode &node) {
  const std::string origin = node.origin();
  return node.type.message_text() + (origin.empty() ? "" : " that depends on " + origin);
}

template <class T>
bool is_nonzero(const void *element) {
  return *static_cast<const T *>(element) != T();
}

} // namespace

namespace runtime {

ops::TensorType type_of(const Tensor &tensor, const char *what, Location location) {
  require_defined(tensor, what, location);
  require_not_donated(tensor, what, location);
  if (tensor.is_symbolic())
    return symbolic(tensor).type;
  return {concrete(tensor).dtype, concrete(tensor).shape};
}

void SymbolicNode::raise_misplaced(const std::string &what, Location location) const {
  throw Error(ErrorCode::tracing, what + ": a traced tensor has no value outside its trace, got " + traced_text(*this),
              location);
}

} // namespace runtime

namespace detail {

void host_read_of_symbolic(const Tensor &tensor, const char *what, Location location) {
  const runtime::SymbolicNode &node = runtime::symbolic(tensor);
  if (!node.is_being_recorded())
    node.raise_misplaced(what, location);
  throw Error(ErrorCode::tracing, std::string(what) + ": a traced tensor has no value yet, got " + traced_text(node),
              location, "return it and read it outside, or choose with etch::where");
}

const void *checked_data(const Tensor &tensor, DType wanted, const char *what, Location location) {
  require_defined(tensor, what, location);
  runtime::require_not_donated(tensor, what, location);
  if (tensor.is_symbolic())
    host_read_of_symbolic(tensor, what, location);
  runtime::ConcreteNode &node = runtime::concrete(tensor);
  ETCH_REQUIRE(node.dtype == wanted, ErrorCode::dtype, location)
      << what << ": the C++ type must be that of the elements, got " << wanted << " for "
      << spec_text(node.dtype, node.shape) << help("cast the tensor first");
  try {
    return node.contiguous_elements();
  } catch (const runtime::OutOfMemory &) { // a view that repeats elements
    throw Error(ErrorCode::too_large,
                std::string(what) + ": the elements must fit in this machine's memory, got " +
                    spec_text(node.dtype, node.shape),
                location);
  }
}

Tensor from_elements(const void *elements, int64_t count, DType dtype, const Shape &shape, Location location) {
  ETCH_REQUIRE(count == shape.size(), ErrorCode::shape, location)
      << "tensor: the number of elements must be that of the shape, got " << count << " for "
      << spec_text(dtype, shape);
  // An open extent means nothing after its trace; by now it has been asked for.
  Tensor tensor = runtime::allocate_tensor(dtype, shape.is_known() ? shape : Shape(shape.dims(), location), location);
  if (count > 0)
    std::memcpy(runtime::mutable_elements(tensor), elements, static_cast<size_t>(count) * size_of(dtype));
  return tensor;
}

Tensor from_dim(const Dim &dim) {
  if (!dim.is_known())
    return runtime::open_dim_tensor(dim, DType::i64, runtime::symbolic_of(dim).location);
  const int64_t value = dim;
  return from_elements(&value, 1, DType::i64, Shape{}, {});
}

void ragged_constant(size_t expected, size_t got, Location location) {
  ETCH_REQUIRE(false, ErrorCode::shape, location)
      << "constant: rows must have equal lengths, got " << expected << " and " << got;
  __builtin_unreachable();
}

void eigen_rank(const char *what, int wanted, const Tensor &tensor, Location location) {
  ETCH_REQUIRE(false, ErrorCode::shape, location)
      << what << ": rank must be " << wanted << ", got " << spec_text(tensor);
  __builtin_unreachable();
}

} // namespace detail

DType Tensor::dtype() const {
  require_defined(*this, "dtype", {});
  if (runtime::is_donated(*this))
    return runtime::donated(*this).dtype;
  return is_symbolic() ? runtime::symbolic(*this).type.dtype : runtime::concrete(*this).dtype;
}

Shape Tensor::shape(Location location) const {
  require_defined(*this, "shape", location);
  if (runtime::is_donated(*this))
    return runtime::donated(*this).shape(location);
  return is_symbolic() ? runtime::shape_of(runtime::symbolic(*this), location) : runtime::concrete(*this).shape;
}

Dim Tensor::size(Location location) const {
  require_defined(*this, "size", location);
  if (!node_->symbolic)
    return runtime::concrete(*this).shape.size();
  Dim size = 1;
  for (int axis = 0; axis < rank(); ++axis)
    size *= dim(axis, location);
  return size;
}

int Tensor::rank() const {
  require_defined(*this, "rank", {});
  if (runtime::is_donated(*this))
    return runtime::donated(*this).rank();
  return is_symbolic() ? runtime::symbolic(*this).type.rank() : runtime::concrete(*this).shape.rank();
}

Dim Tensor::dim(int axis, Location location) const {
  require_defined(*this, "dim", location);
  const int rank = this->rank();
  ETCH_REQUIRE(axis >= -rank && axis < rank, ErrorCode::out_of_range, location)
      << "dim: axis must be in [" << -rank << "," << rank << "), got " << axis << " for " << spec_text(*this);
  if (axis < 0)
    axis += rank;
  if (runtime::is_donated(*this))
    return runtime::donated(*this).dim(axis, location);
  return is_symbolic() ? runtime::dim_of(runtime::symbolic(*this), axis, location)
                       : Dim(runtime::concrete(*this).shape[axis]);
}

void Tensor::ensure_single(Location location) const {
  require_defined(*this, "item", location);
  runtime::require_not_donated(*this, "item", location);
  if (is_symbolic())
    detail::host_read_of_symbolic(*this, "item", location);
  const runtime::ConcreteNode &node = runtime::concrete(*this);
  ETCH_REQUIRE(node.shape.size() == 1, ErrorCode::shape, location)
      << "item: the tensor must have exactly one element, got " << spec_text(node.dtype, node.shape);
}

Tensor::operator bool() const {
  require_defined(*this, "bool", {});
  runtime::require_not_donated(*this, "bool", {});
  if (is_symbolic())
    detail::host_read_of_symbolic(*this, "bool", runtime::symbolic(*this).created_at);
  const runtime::ConcreteNode &node = runtime::concrete(*this);
  ETCH_REQUIRE(node.shape.size() == 1, ErrorCode::shape, Location{})
      << "bool: a condition must have exactly one element, got " << spec_text(node.dtype, node.shape);
  switch (node.dtype) {
  case DType::f32:
    return is_nonzero<float>(node.first);
  case DType::f64:
    return is_nonzero<double>(node.first);
  case DType::f16:
    return is_nonzero<float16>(node.first);
  case DType::bf16:
    return is_nonzero<bfloat16>(node.first);
  case DType::i64:
    return is_nonzero<int64_t>(node.first);
  case DType::i32:
    return is_nonzero<int32_t>(node.first);
  case DType::i16:
    return is_nonzero<int16_t>(node.first);
  default:
    return is_nonzero<uint8_t>(node.first);
  }
}

std::string spec_text(const Tensor &tensor) {
  if (!tensor.defined())
    return "undefined";
  if (runtime::is_donated(tensor))
    return runtime::donated(tensor).type_text();
  if (tensor.is_symbolic())
    return runtime::symbolic(tensor).type.message_text();
  return spec_text(runtime::concrete(tensor).dtype, runtime::concrete(tensor).shape);
}

} // namespace etch
