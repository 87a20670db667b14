// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/rules.h"

#include "support/require.h"

#include <cmath>
#include <limits>

namespace etch::ops {

TensorType argmax_type(const InferCall &call, const TensorType &x, int64_t axis, bool keep_dims) {
  const int64_t along = normalized_axis(call, axis, x.rank());
  ETCH_REQUIRE(call.context.at_least(x.dims[static_cast<size_t>(along)], 1, call.location), ErrorCode::shape,
               call.location)
      << call.op.name << ": the axis must have an element, got " << x.message_text() << " and axis " << axis;
  TensorType result(DType::i64, x.dims);
  if (keep_dims)
    result.dims[static_cast<size_t>(along)] = 1;
  else
    result.dims.erase(result.dims.begin() + along);
  return result;
}

std::vector<TensorType> check_assignment(const InferCall &call, const TensorType &variable, const TensorType &value) {
  bool fits = variable.rank() == value.rank();
  for (size_t i = 0; fits && i < variable.dims.size(); ++i)
    fits = call.context.equal(variable.dims[i], value.dims[i], call.location);
  ETCH_REQUIRE(fits, ErrorCode::shape, call.location)
      << call.op.name << ": the value must have the Variable's shape, got " << operands_text(call);
  return {};
}

std::vector<TensorType> check_print(const InferCall &call, std::span<const TensorType> values,
                                    const std::string &format) {
  size_t places = 0;
  for (size_t at = format.find("{}"); at != std::string::npos; at = format.find("{}", at + 2))
    ++places;
  ETCH_REQUIRE(places == values.size(), ErrorCode::invalid_argument, call.location)
      << call.op.name << ": the format must have one {} per tensor, got " << places << " in \"" << format << "\" and "
      << values.size() << (values.size() == 1 ? " tensor" : " tensors");
  return {};
}

std::vector<TensorType> check_check(const InferCall &call, std::span<const TensorType> values,
                                    const std::string &message) {
  ETCH_REQUIRE(!values.empty(), ErrorCode::invalid_argument, call.location)
      << call.op.name << ": the condition must be given, got no tensor";
  ETCH_REQUIRE(values[0].dtype == DType::boolean, ErrorCode::dtype, call.location)
      << call.op.name << ": the condition must be bool, got " << values[0].message_text();
  return check_print(call, values.subspan(1), message);
}

std::vector<TensorType> check_elements(const InferCall &call, std::span<const TensorType> values) {
  ETCH_REQUIRE(!values.empty() && values[0].dtype == DType::boolean, ErrorCode::dtype, call.location)
      << call.op.name << ": the condition must be bool, got " << operands_text(call);
  for (const TensorType &value : values) {
    const auto dims = broadcast(values[0].dims, value.dims, call.context, call.location);
    ETCH_REQUIRE(dims && *dims == values[0].dims, ErrorCode::shape, call.location)
        << call.op.name << ": operands must broadcast to the condition's shape, got " << operands_text(call);
  }
  return {};
}

void check_range(const InferCall &call, const Scalar &start, const Scalar &limit, const Scalar &delta, DType dtype) {
  ETCH_CHECK(start.dtype == dtype && limit.dtype == dtype && delta.dtype == dtype);
  for (const Scalar *value : {&start, &limit, &delta})
    ETCH_REQUIRE(std::isfinite(value->as_double()), ErrorCode::invalid_argument, call.location)
        << call.op.name << ": start, limit and delta must be finite, got " << start.text() << ", " << limit.text()
        << " and " << delta.text();
  ETCH_REQUIRE(delta.as_double() != 0, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": delta must not be 0, got " << delta.text();
  const bool countable = !is_floating(dtype) || (limit.as_double() - start.as_double()) / delta.as_double() < 0x1p62;
  ETCH_REQUIRE(countable && range_count(start, limit, delta) >= 0, ErrorCode::too_large, call.location)
      << call.op.name << ": must have fewer than 2^62 elements, got start " << start.text() << ", limit "
      << limit.text() << " and delta " << delta.text();
}

void check_ddof(const InferCall &call, const std::vector<int64_t> &axes, int64_t ddof, int rank) {
  normalized_axes(call, axes, rank);
  ETCH_REQUIRE(ddof >= 0, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": ddof must not be negative, got " << ddof;
}

void check_has_axis(const InferCall &call, const TensorType &x) {
  ETCH_REQUIRE(x.rank() > 0, ErrorCode::shape, call.location)
      << call.op.name << ": x must have rank 1 or more, got " << operands_text(call);
}

void check_cross_entropy(const InferCall &call, const TensorType &logits, const TensorType &labels) {
  const bool class_ids = is_integer(labels.dtype);
  ETCH_REQUIRE(class_ids || labels.dtype == logits.dtype, ErrorCode::dtype, call.location)
      << call.op.name << ": labels must be class ids or have the dtype of the logits, got " << operands_text(call)
      << help(std::string("cast(labels, DType::") + name_of(logits.dtype) + ")");
  ETCH_REQUIRE(logits.rank() > 0, ErrorCode::shape, call.location)
      << call.op.name << ": logits must have rank 1 or more, got " << operands_text(call);
  const size_t shared = logits.dims.size() - (class_ids ? 1 : 0);
  bool fits = labels.dims.size() == shared;
  for (size_t i = 0; fits && i < shared; ++i)
    fits = call.context.equal(logits.dims[i], labels.dims[i], call.location);
  ETCH_REQUIRE(fits, ErrorCode::shape, call.location)
      << call.op.name << ": labels must have the shape of the logits"
      << (class_ids ? " but for the last dimension" : "") << ", got " << operands_text(call);
}

int64_t range_count(const Scalar &start, const Scalar &limit, const Scalar &delta) {
  if (is_floating(start.dtype))
    return static_cast<int64_t>(std::max(0.0, std::ceil((limit.as_double() - start.as_double()) / delta.as_double())));
  // 128 bits: the difference of two 64-bit integers needs 65.
  const __int128 step = delta.as_integer();
  const __int128 distance = static_cast<__int128>(limit.as_integer()) - start.as_integer();
  if (distance == 0 || (distance > 0) != (step > 0))
    return 0;
  const __int128 count = (distance + step - (step > 0 ? 1 : -1)) / step;
  return count > std::numeric_limits<int64_t>::max() ? -1 : static_cast<int64_t>(count);
}

Dim extent_along(const Dims &dims, const std::vector<int64_t> &axes) {
  Dims chosen = axes.empty() ? dims : Dims{};
  for (int64_t axis : axes)
    chosen.push_back(dims[static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(dims.size()) : axis)]);
  // Extents beside a 0 need not have a product within 64 bits.
  for (const Dim &dim : chosen)
    if (dim.is(0))
      return 0;
  return product(chosen);
}

bool counts_to(DType dtype, const Dim &count) {
  if (dtype == DType::i64)
    return true;
  const int bits = static_cast<int>(8 * size_of(dtype)) - (dtype == DType::u8 ? 0 : 1);
  return count.is_static() && count.value() <= int64_t{1} << bits;
}

Dims appended(Dims dims, const Dim &last) {
  dims.push_back(last);
  return dims;
}

} // namespace etch::ops
