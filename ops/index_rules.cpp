// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rules of ops that choose elements by index, of sorting and of scans.
#include "ops/rules.h"

#include "support/require.h"

namespace etch::ops {

TensorType gather_type(const InferCall &call, const TensorType &params, const TensorType &indices, int64_t axis) {
  ETCH_REQUIRE(params.rank() > 0, ErrorCode::shape, call.location)
      << call.op.name << ": params must have rank 1 or more, got " << operands_text(call);
  const int64_t along = normalized_axis(call, axis, params.rank());
  TensorType result(params.dtype, Dims(params.dims.begin(), params.dims.begin() + along));
  result.dims.insert(result.dims.end(), indices.dims.begin(), indices.dims.end());
  result.dims.insert(result.dims.end(), params.dims.begin() + along + 1, params.dims.end());
  return result;
}

void check_updates(const InferCall &call, const TensorType &destination, const TensorType &updates) {
  ETCH_REQUIRE(destination.dtype == updates.dtype, ErrorCode::dtype, call.location)
      << call.op.name << ": updates must have the dtype of destination, got " << operands_text(call)
      << help(std::string("cast(updates, DType::") + name_of(destination.dtype) + ")");
}

TensorType scatter_type(const InferCall &call, const TensorType &destination, const TensorType &indices,
                        const TensorType &updates, int64_t axis) {
  ETCH_REQUIRE(destination.rank() > 0, ErrorCode::shape, call.location)
      << call.op.name << ": destination must have rank 1 or more, got " << operands_text(call);
  const Dims expected = gather_type(call, destination, indices, axis).dims;
  bool fits = updates.dims.size() == expected.size();
  for (size_t i = 0; fits && i < expected.size(); ++i)
    fits = call.context.equal(expected[i], updates.dims[i], call.location);
  ETCH_REQUIRE(fits, ErrorCode::shape, call.location)
      << call.op.name << ": updates must have the shape of destination with axis " << axis
      << " replaced by the shape of indices, got " << operands_text(call);
  return destination;
}

void check_along_axis(const InferCall &call, const TensorType &x, const TensorType &indices, int64_t axis) {
  const size_t along = static_cast<size_t>(normalized_axis(call, axis, x.rank()));
  bool fits = indices.rank() == x.rank();
  for (size_t i = 0; fits && i < x.dims.size(); ++i)
    fits = i == along || call.context.equal(x.dims[i], indices.dims[i], call.location);
  ETCH_REQUIRE(fits, ErrorCode::shape, call.location)
      << call.op.name << ": x and indices must agree but for axis " << along << ", got " << operands_text(call);
}

TensorType add_along_axis_type(const InferCall &call, const TensorType &destination, const TensorType &indices,
                               const TensorType &updates, int64_t axis) {
  check_along_axis(call, destination, indices, axis);
  bool fits = updates.rank() == indices.rank();
  for (size_t i = 0; fits && i < indices.dims.size(); ++i)
    fits = call.context.equal(indices.dims[i], updates.dims[i], call.location);
  ETCH_REQUIRE(fits, ErrorCode::shape, call.location)
      << call.op.name << ": updates must have the shape of indices, got " << operands_text(call);
  return destination;
}

void check_segments(const InferCall &call, const TensorType &x, const TensorType &ids, const Dim &count) {
  given_dims(call, Dims{count});
  bool fits = ids.rank() == 1 && x.rank() >= 1;
  fits = fits && call.context.equal(x.dims[0], ids.dims[0], call.location);
  ETCH_REQUIRE(fits, ErrorCode::shape, call.location)
      << call.op.name << ": ids must be one number for each slice of x, got " << operands_text(call);
}

TensorType top_k_type(const InferCall &call, const TensorType &x, int64_t k) {
  ETCH_REQUIRE(x.rank() > 0, ErrorCode::shape, call.location)
      << call.op.name << ": x must have rank 1 or more, got " << operands_text(call);
  ETCH_REQUIRE(k >= 0 && call.context.at_least(x.dims.back(), k, call.location), ErrorCode::out_of_range, call.location)
      << call.op.name << ": k must be in [0, extent of the last axis], got " << operands_text(call) << " and k " << k;
  TensorType result(DType::i64, x.dims);
  result.dims.back() = k;
  return result;
}

} // namespace etch::ops
