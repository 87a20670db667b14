// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/rules.h"

#include "support/require.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

namespace etch::ops {

std::optional<Dims> broadcast(const Dims &a, const Dims &b, InferContext &context, Location location) {
  const Dims &longer = a.size() >= b.size() ? a : b;
  const Dims &shorter = a.size() >= b.size() ? b : a;
  Dims result = longer;
  for (size_t i = 0; i < shorter.size(); ++i) {
    Dim &extent = result[result.size() - 1 - i];
    const Dim &other = shorter[shorter.size() - 1 - i];
    if (other.is(1) || extent == other)
      continue;
    if (extent.is(1)) {
      extent = other;
      continue;
    }
    if (!context.equal(extent, other, location))
      return std::nullopt;
    if (other.is_static())
      extent = other;
  }
  return result;
}

int64_t normalized_axis(const InferCall &call, int64_t axis, int rank) {
  ETCH_REQUIRE(rank > 0, ErrorCode::out_of_range, call.location)
      << call.op.name << ": needs a dimension to work along, got " << operands_text(call);
  ETCH_REQUIRE(axis >= -rank && axis < rank, ErrorCode::out_of_range, call.location)
      << call.op.name << ": axis must be in [" << -rank << ", " << rank << ") for " << operands_text(call) << ", got "
      << axis;
  return axis < 0 ? axis + rank : axis;
}

std::vector<int64_t> normalized_axes(const InferCall &call, const std::vector<int64_t> &axes, int rank) {
  std::vector<int64_t> result;
  for (int64_t axis : axes)
    result.push_back(normalized_axis(call, axis, rank));
  std::sort(result.begin(), result.end());
  const auto twice = std::adjacent_find(result.begin(), result.end());
  ETCH_REQUIRE(twice == result.end(), ErrorCode::invalid_argument, call.location)
      << call.op.name << ": axes must differ, got axis " << *twice << " twice";
  if (axes.empty()) {
    result.resize(static_cast<size_t>(rank));
    std::iota(result.begin(), result.end(), int64_t{0});
  }
  return result;
}

std::vector<int64_t> reduced_axes(const Attrs &attrs, int rank) {
  std::vector<int64_t> axes = std::get<std::vector<int64_t>>(attrs[0]);
  for (int64_t &axis : axes)
    axis += axis < 0 ? rank : 0;
  std::sort(axes.begin(), axes.end());
  if (axes.empty()) {
    axes.resize(static_cast<size_t>(rank));
    std::iota(axes.begin(), axes.end(), int64_t{0});
  }
  return axes;
}

Dims given_dims(const InferCall &call, const Dims &dims) {
  for (const Dim &dim : dims)
    ETCH_REQUIRE(call.context.at_least(dim, 0, call.location), ErrorCode::shape, call.location)
        << call.op.name << ": dimensions must be 0 or more, got [" << text_of(dims) << "]";
  return dims;
}

namespace rules {

std::vector<TensorType> elementwise(const InferCall &call) {
  if (call.op.dims)
    return {TensorType(result_dtype(call), call.op.dims(call))};
  Dims dims = call.types[0].dims;
  for (size_t i = 1; i < call.types.size(); ++i) {
    auto together = broadcast(dims, call.types[i].dims, call.context, call.location);
    ETCH_REQUIRE(together, ErrorCode::shape, call.location)
        << call.op.name << ": shapes must broadcast, got " << operands_text(call);
    dims = std::move(*together);
  }
  return {TensorType(result_dtype(call), std::move(dims))};
}

std::vector<TensorType> movement(const InferCall &call) { return {TensorType(result_dtype(call), call.op.dims(call))}; }

std::vector<TensorType> reduction(const InferCall &call) {
  const TensorType &x = call.types[0];
  const auto axes = normalized_axes(call, std::get<std::vector<int64_t>>(call.attrs[0]), x.rank());
  const bool keep_dims = std::get<bool>(call.attrs[1]);
  Dims dims;
  for (int64_t axis = 0; axis < x.rank(); ++axis) {
    const bool reduced = std::binary_search(axes.begin(), axes.end(), axis);
    if (!reduced || keep_dims)
      dims.push_back(reduced ? Dim(1) : x.dims[static_cast<size_t>(axis)]);
  }
  return {TensorType(x.dtype, std::move(dims))};
}

namespace {

constexpr std::string_view kEllipsis = "...";

struct EinsumTerms {
  std::vector<std::string_view> operands; // letters, the ellipsis stripped
  std::string_view result;
};

EinsumTerms parse_einsum(std::string_view spec) {
  const auto letters = [](std::string_view term) {
    return term.substr(term.starts_with(kEllipsis) ? kEllipsis.size() : 0);
  };
  EinsumTerms terms;
  const size_t arrow = spec.find("->");
  for (std::string_view left = spec.substr(0, arrow); !left.empty();) {
    const size_t comma = std::min(left.find(','), left.size());
    terms.operands.push_back(letters(left.substr(0, comma)));
    left.remove_prefix(std::min(comma + 1, left.size()));
  }
  terms.result = letters(spec.substr(arrow + 2));
  return terms;
}

} // namespace

std::vector<TensorType> contraction(const InferCall &call) {
  const EinsumTerms terms = parse_einsum(call.op.einsum);
  std::array<std::optional<Dim>, 128> extents;
  Dims batch;
  for (size_t i = 0; i < terms.operands.size(); ++i) {
    const std::string_view letters = terms.operands[i];
    const TensorType &type = call.types[i];
    ETCH_REQUIRE(type.dims.size() >= letters.size(), ErrorCode::shape, call.location)
        << call.op.name << ": " << call.op.operand_names[i] << " must have rank " << letters.size() << " or more, got "
        << operands_text(call);
    const size_t leading = type.dims.size() - letters.size();
    auto together = broadcast(batch, Dims(type.dims.begin(), type.dims.begin() + static_cast<std::ptrdiff_t>(leading)),
                              call.context, call.location);
    ETCH_REQUIRE(together, ErrorCode::shape, call.location)
        << call.op.name << ": leading dimensions must broadcast, got " << operands_text(call);
    batch = std::move(*together);
    for (size_t j = 0; j < letters.size(); ++j) {
      std::optional<Dim> &known = extents[static_cast<size_t>(letters[j])];
      const Dim &extent = type.dims[leading + j];
      if (!known)
        known = extent;
      // Exchanging the last two dimensions would make it fit.
      const bool is_transposed = letters.size() == 2 && type.dims[leading + 1 - j] == *known;
      const bool summed = terms.result.find(letters[j]) == std::string_view::npos;
      ETCH_REQUIRE(call.context.equal(*known, extent, call.location), ErrorCode::shape, call.location)
          << call.op.name << ": " << (summed ? "inner" : "shared") << " dimensions must match, got "
          << operands_text(call) << " (" << known->text() << " != " << extent.text() << ")"
          << help(summed && is_transposed ? call.op.mismatch_help : "");
      if (extent.is_static())
        known = extent;
    }
  }
  Dims dims = std::move(batch);
  for (char letter : terms.result)
    dims.push_back(*extents[static_cast<size_t>(letter)]);
  return {TensorType(result_dtype(call), std::move(dims))};
}

} // namespace rules
} // namespace etch::ops
