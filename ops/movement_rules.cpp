// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/rules.h"

#include "support/require.h"

#include <algorithm>
#include <numeric>

namespace etch::ops {
namespace {

[[noreturn]] void wrong_element_count(const InferCall &call, const TensorType &x, const Dims &shape) {
  throw Error(ErrorCode::shape,
              std::string(call.op.name) + ": the number of elements must stay, got " + x.message_text() +
                  " and shape " + list_text(shape),
              call.location);
}

// Empty tensors may have extents whose product leaves 64 bits.
Dim element_count(const Dims &dims) {
  return std::any_of(dims.begin(), dims.end(), [](const Dim &dim) { return dim.is(0); }) ? Dim(0) : product(dims);
}

} // namespace

std::string list_text(const std::vector<int64_t> &values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i)
    text += (i ? "," : "") + std::to_string(values[i]);
  return text + "]";
}

std::string list_text(const Dims &dims) { return "[" + text_of(dims) + "]"; }

Dims reshape_dims(const InferCall &call, const TensorType &x, const Dims &shape) {
  Dims result = shape;
  Dims known;
  Dim *inferred = nullptr;
  for (Dim &dim : result) {
    if (!dim.is(-1)) {
      known.push_back(dim);
      continue;
    }
    ETCH_REQUIRE(!inferred, ErrorCode::shape, call.location)
        << call.op.name << ": only one dimension may be -1, got " << list_text(shape);
    inferred = &dim;
  }
  given_dims(call, known);
  const Dim count = element_count(x.dims);
  if (!inferred) {
    if (!call.context.equal(count, element_count(known), call.location))
      wrong_element_count(call, x, shape);
    return result;
  }
  const Dim others = element_count(known);
  ETCH_REQUIRE(!others.is(0), ErrorCode::shape, call.location)
      << call.op.name << ": -1 has no meaning beside a dimension of 0, got " << list_text(shape);
  const auto quotient = call.context.quotient(count, others, call.location);
  if (!quotient)
    wrong_element_count(call, x, shape);
  *inferred = *quotient;
  return result;
}

std::vector<int64_t> full_permutation(const std::vector<int64_t> &permutation, int rank) {
  std::vector<int64_t> result = permutation;
  if (result.empty()) {
    result.resize(static_cast<size_t>(rank));
    std::iota(result.rbegin(), result.rend(), int64_t{0});
  }
  for (int64_t &axis : result)
    axis += axis < 0 ? rank : 0;
  return result;
}

Dims transpose_dims(const InferCall &call, const TensorType &x, const std::vector<int64_t> &permutation) {
  std::vector<int64_t> sorted = full_permutation(permutation, x.rank());
  std::vector<int64_t> identity(static_cast<size_t>(x.rank()));
  std::iota(identity.begin(), identity.end(), int64_t{0});
  const bool valid = std::is_permutation(sorted.begin(), sorted.end(), identity.begin(), identity.end());
  ETCH_REQUIRE(valid, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": permutation must name every axis of " << x.message_text() << " once, got "
      << list_text(permutation);
  Dims result;
  for (int64_t axis : sorted)
    result.push_back(x.dims[static_cast<size_t>(axis)]);
  return result;
}

Dims broadcast_to_dims(const InferCall &call, const TensorType &x, const Dims &shape) {
  given_dims(call, shape);
  bool fits = x.dims.size() <= shape.size();
  for (size_t i = 0; fits && i < x.dims.size(); ++i) {
    const Dim &extent = x.dims[x.dims.size() - 1 - i];
    fits = extent.is(1) || call.context.equal(extent, shape[shape.size() - 1 - i], call.location);
  }
  ETCH_REQUIRE(fits, ErrorCode::shape, call.location) << call.op.name << ": x must broadcast to the shape, got "
                                                      << x.message_text() << " and shape " << list_text(shape);
  return shape;
}

Dims slice_dims(const InferCall &call, const TensorType &x, const Dims &begin, const Dims &size) {
  const size_t rank = x.dims.size();
  ETCH_REQUIRE(begin.size() == rank && size.size() == rank, ErrorCode::shape, call.location)
      << call.op.name << ": begin and size must have one entry per dimension, got " << x.message_text() << ", begin "
      << list_text(begin) << " and size " << list_text(size);
  Dims result = size;
  for (size_t axis = 0; axis < rank; ++axis) {
    const auto require = [&](bool condition) {
      ETCH_REQUIRE(condition, ErrorCode::out_of_range, call.location)
          << call.op.name << ": the block must lie within " << x.message_text() << ", got begin " << list_text(begin)
          << " and size " << list_text(size) << " (axis " << axis << ")";
    };
    const bool to_end = size[axis].is(-1);
    require(call.context.at_least(begin[axis], 0, call.location));
    require(call.context.at_least(x.dims[axis], begin[axis], call.location));
    if (to_end) {
      result[axis] = x.dims[axis] - begin[axis];
      continue;
    }
    require(call.context.at_least(size[axis], 0, call.location));
    require(call.context.at_least(x.dims[axis] - begin[axis], size[axis], call.location));
  }
  return result;
}

Dims expand_dims(const InferCall &call, const TensorType &x, int64_t axis) {
  const int rank = x.rank();
  ETCH_REQUIRE(axis >= -rank - 1 && axis <= rank, ErrorCode::out_of_range, call.location)
      << call.op.name << ": axis must be in [" << -rank - 1 << ", " << rank + 1 << ") for " << operands_text(call)
      << ", got " << axis;
  Dims result = x.dims;
  result.insert(result.begin() + (axis < 0 ? axis + rank + 1 : axis), Dim(1));
  return result;
}

Dims squeeze_dims(const InferCall &call, const TensorType &x, const std::vector<int64_t> &axes) {
  Dims result;
  if (axes.empty()) {
    for (const Dim &dim : x.dims) {
      // Where an unknown extent turns out to be 1, the rank is another one: assumed not to, and guarded.
      if (!dim.is_static())
        call.context.at_least(dim, 2, call.location);
      if (!dim.is(1))
        result.push_back(dim);
    }
    return result;
  }
  const std::vector<int64_t> dropped = normalized_axes(call, axes, x.rank());
  for (int64_t axis = 0; axis < x.rank(); ++axis) {
    const Dim &extent = x.dims[static_cast<size_t>(axis)];
    if (!std::binary_search(dropped.begin(), dropped.end(), axis))
      result.push_back(extent);
    else
      ETCH_REQUIRE(call.context.equal(extent, 1, call.location), ErrorCode::shape, call.location)
          << call.op.name << ": dropped dimensions must have extent 1, got " << operands_text(call) << " and axis "
          << axis;
  }
  return result;
}

void check_stack(const InferCall &call, std::span<const TensorType> xs, int64_t axis) {
  ETCH_REQUIRE(!xs.empty(), ErrorCode::invalid_argument, call.location)
      << call.op.name << ": needs at least one tensor, got none";
  expand_dims(call, xs[0], axis);
  for (const TensorType &x : xs.subspan(1)) {
    bool fits = x.rank() == xs[0].rank();
    for (size_t i = 0; fits && i < x.dims.size(); ++i)
      fits = call.context.equal(xs[0].dims[i], x.dims[i], call.location);
    ETCH_REQUIRE(fits, ErrorCode::shape, call.location)
        << call.op.name << ": tensors must have one shape, got " << operands_text(call);
  }
}

void check_tile(const InferCall &call, const TensorType &x, const std::vector<int64_t> &multiples) {
  const bool fits = static_cast<int>(multiples.size()) == x.rank() &&
                    std::all_of(multiples.begin(), multiples.end(), [](int64_t count) { return count >= 0; });
  ETCH_REQUIRE(fits, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": multiples must be one number, 0 or more, per dimension of " << x.message_text() << ", got "
      << list_text(multiples);
}

Dims diagonal_dims(const InferCall &call, const TensorType &x, int64_t axis1, int64_t axis2) {
  const std::vector<int64_t> both = normalized_axes(call, {axis1, axis2}, x.rank());
  const size_t first = static_cast<size_t>(both[0]), second = static_cast<size_t>(both[1]);
  ETCH_REQUIRE(call.context.equal(x.dims[first], x.dims[second], call.location), ErrorCode::shape, call.location)
      << call.op.name << ": both axes must have one extent, got " << operands_text(call) << ", axes " << first
      << " and " << second;
  Dims result = x.dims;
  result.erase(result.begin() + both[1]);
  result.erase(result.begin() + both[0]);
  result.push_back(x.dims[first]);
  return result;
}

void check_pad(const InferCall &call, const TensorType &x, const std::vector<int64_t> &paddings,
               const std::string &mode, const Scalar &value) {
  ETCH_REQUIRE(value.dtype == x.dtype, ErrorCode::dtype, call.location)
      << call.op.name << ": value must have the dtype of x, got " << value.dtype << " and " << x.dtype;
  bool fits = paddings.size() == 2 * x.dims.size();
  for (const int64_t padding : paddings)
    fits = fits && padding >= 0;
  ETCH_REQUIRE(fits, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": paddings must be two numbers, 0 or more, per dimension of " << x.message_text() << ", got "
      << list_text(paddings);
  if (mode == "constant")
    return;
  for (size_t i = 0; i < paddings.size(); ++i) {
    // A reflection does not repeat the border.
    const Dim least = paddings[i] == 0 ? Dim(0) : mode == "reflect" ? Dim(paddings[i]) + 1 : Dim(1);
    ETCH_REQUIRE(call.context.at_least(x.dims[i / 2], least, call.location), ErrorCode::out_of_range, call.location)
        << call.op.name << ": axis " << i / 2 << " of " << x.message_text() << " is too short for a padding of "
        << paddings[i] << " in mode " << mode;
  }
}

Dim rolled_places(const Dim &extent, int64_t shift) {
  if (!extent.is_static())
    return shift >= 0 ? Dim(shift) : extent + shift;
  if (extent.is(0))
    return 0;
  const int64_t places = shift % extent.value();
  return places < 0 ? places + extent.value() : places;
}

Dims concat_dims(const InferCall &call, std::span<const TensorType> xs, int64_t axis) {
  ETCH_REQUIRE(!xs.empty(), ErrorCode::invalid_argument, call.location)
      << call.op.name << ": needs at least one tensor, got none";
  const int rank = xs[0].rank();
  const size_t along = static_cast<size_t>(normalized_axis(call, axis, rank));
  Dims result = xs[0].dims;
  for (const TensorType &x : xs.subspan(1)) {
    bool fits = x.rank() == rank;
    for (size_t i = 0; fits && i < result.size(); ++i) {
      if (i == along)
        continue;
      fits = call.context.equal(result[i], x.dims[i], call.location);
      if (x.dims[i].is_static())
        result[i] = x.dims[i];
    }
    ETCH_REQUIRE(fits, ErrorCode::shape, call.location)
        << call.op.name << ": tensors must agree but for axis " << along << ", got " << operands_text(call);
    result[along] = result[along] + x.dims[along];
  }
  return result;
}

} // namespace etch::ops
