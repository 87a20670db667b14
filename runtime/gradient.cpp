// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <etch/gradient.h>
#include <etch/ops.h>

#include "runtime/tape.h"
#include "runtime/variable_state.h"
#include "support/require.h"

namespace etch {
namespace {

using detail::GradientLeaf;

Tensor value_of(const GradientLeaf &leaf, Location location) {
  return leaf.variable ? Variable(leaf.variable).value(location) : leaf.tensor;
}

Tensor single_target(const detail::GradientTarget &target, const char *what) {
  ETCH_REQUIRE(target.leaves.leaves.size() == 1, ErrorCode::invalid_argument, target.location)
      << what << ": the target must be one tensor, got " << target.leaves.leaves.size();
  const Tensor tensor = value_of(target.leaves.leaves.front(), target.location);
  ETCH_REQUIRE(tensor.defined(), ErrorCode::invalid_argument, target.location)
      << what << ": the target must be defined, got an undefined tensor";
  return tensor;
}

Shape shape_of(const GradientLeaf &leaf, Location location) {
  return leaf.variable ? leaf.variable->shape : leaf.tensor.defined() ? leaf.tensor.shape(location) : Shape();
}

std::vector<int64_t> extents_of(const Shape &shape) { return {shape.begin(), shape.end()}; }

/// 1 at one place among `count`, in the shape of `dims`.
Tensor unit(int64_t place, int64_t count, DType dtype, const std::vector<int64_t> &dims) {
  return reshape(one_hot(constant(place), count, dtype), Shape(dims));
}

/// The rows along an axis, in the shape of `dims`; an undefined tensor where there is none for any of the seeds.
Tensor joined(const std::vector<Tensor> &rows, int64_t axis, const std::vector<Tensor> &seeds, const Tensor &y,
              const std::vector<int64_t> &dims, Location location) {
  if (seeds.empty())
    return zeros(Shape(dims), y.dtype());
  return rows.empty() ? Tensor() : reshape(stack(rows, axis, location), Shape(dims));
}

} // namespace

namespace detail {

Tensor with_own_identity(const Tensor &tensor, Location location) {
  if (!tensor.defined())
    return tensor;
  if (tensor.is_symbolic())
    return reshape(Operand(tensor, location.file, location.function, location.line), tensor.shape(location));
  return runtime::alias(tensor);
}

Tensor zeros_of(const Tensor &tensor) { return zeros(tensor.shape(), tensor.dtype()); }

} // namespace detail

GradientTape::GradientTape(TapeOptions options, Location location) : tape_(runtime::Tape::begin(options, location)) {}

GradientTape::~GradientTape() { tape_->end(); }

void GradientTape::watch_leaves(const detail::GradientLeaves &leaves, Location location) {
  for (const GradientLeaf &leaf : leaves.leaves)
    tape_->watch(leaf, location);
}

StopRecording GradientTape::stop_recording() { return StopRecording(tape_); }

void GradientTape::reset(Location location) { tape_->reset(location); }

std::vector<Tensor> GradientTape::gradients(const detail::GradientTarget &target, const detail::GradientLeaves &sources,
                                            const GradientOptions &options) {
  return tape_->gradient(target.leaves, sources, options, target.location);
}

Tensor GradientTape::jacobian(const detail::GradientTarget &target, const detail::GradientSource &source) {
  const Location location = target.location;
  const Tensor y = single_target(target, "jacobian");
  const std::vector<int64_t> y_dims = extents_of(y.shape(location)),
                             x_dims = extents_of(shape_of(source.leaf, location));
  const int64_t count = y.size(location);
  std::vector<Tensor> seeds;
  for (int64_t i = 0; i < count; ++i)
    seeds.push_back(unit(i, count, y.dtype(), y_dims));
  std::vector<int64_t> dims = y_dims;
  dims.insert(dims.end(), x_dims.begin(), x_dims.end());
  return joined(tape_->rows(y, source.leaf, seeds, location), 0, seeds, y, dims, location);
}

Tensor GradientTape::batch_jacobian(const detail::GradientTarget &target, const detail::GradientSource &source) {
  const Location location = target.location;
  const Tensor y = single_target(target, "batch_jacobian");
  const Shape y_shape = y.shape(location), x_shape = shape_of(source.leaf, location);
  ETCH_REQUIRE(y_shape.rank() > 0 && x_shape.rank() > 0 && y_shape[0] == x_shape[0], ErrorCode::shape, location)
      << "batch_jacobian: target and source must have the same number of rows, got " << spec_text(y) << " and "
      << spec_text(y.dtype(), x_shape);
  std::vector<int64_t> row_dims = extents_of(y_shape), dims = row_dims;
  row_dims[0] = 1;
  dims.insert(dims.end(), x_shape.begin() + 1, x_shape.end());
  int64_t count = 1;
  for (const int64_t extent : row_dims)
    count *= extent;
  std::vector<Tensor> seeds;
  for (int64_t i = 0; i < count; ++i)
    seeds.push_back(broadcast_to(unit(i, count, y.dtype(), row_dims), y_shape));
  return joined(tape_->rows(y, source.leaf, seeds, location), 1, seeds, y, dims, location);
}

StopRecording::StopRecording(std::shared_ptr<runtime::Tape> tape)
    : tape_(std::move(tape)), was_paused_(tape_->pause(true)) {}

StopRecording::~StopRecording() { tape_->pause(was_paused_); }

} // namespace etch
