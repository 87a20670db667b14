// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rules of ops that move a window over images: [images, height, width, channels].
#include "ops/rules.h"

#include "support/require.h"

#include <array>

namespace etch::ops {
namespace {

// Products of two such numbers, and sums of a few, are far from leaving 64 bits.
constexpr int64_t kLargest = (int64_t{1} << 31) - 1;

/// Two numbers: for the height and for the width.
void check_pair(const InferCall &call, const char *name, const std::vector<int64_t> &values) {
  bool fits = values.size() == 2;
  for (const int64_t value : values)
    fits = fits && value >= 1 && value <= kLargest;
  ETCH_REQUIRE(fits, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": " << name << " must be two numbers in [1, 2^31), got " << list_text(values);
}

Dim quotient_of(const Dim &numerator, int64_t divisor) {
  if (numerator.is_static())
    return numerator.value() / divisor;
  return numerator.divide_exactly(divisor).value_or(Dim::quotient(numerator, divisor));
}

/// How many windows that reach over so many elements stand along an extent.
Dim window_count(const Dim &extent, const Dim &reach, int64_t stride, bool same) {
  if (!same)
    return quotient_of(extent - reach, stride) + 1;
  return stride == 1 || extent.is(0) ? extent : quotient_of(extent - 1 + stride, stride);
}

struct Windows {
  std::array<Dim, 2> extents;
  std::array<int64_t, 2> strides, dilations;
  bool same;
};

/// The height and width of the result. `values` says what the user gave.
std::array<Dim, 2> windows_over(const InferCall &call, const TensorType &x, const Windows &windows,
                                const std::string &values) {
  std::array<Dim, 2> counts;
  for (size_t i = 0; i < 2; ++i) {
    const Dim &extent = x.dims[i + 1], reach = (windows.extents[i] - 1) * windows.dilations[i] + 1;
    ETCH_REQUIRE(windows.same || call.context.at_least(extent, reach, call.location), ErrorCode::shape, call.location)
        << call.op.name << ": the window must not be larger than the image, got " << values
        << help("padding \"same\" allows it");
    counts[i] = window_count(extent, reach, windows.strides[i], windows.same);
  }
  return counts;
}

void check_same_dims(const InferCall &call, const Dims &expected, const TensorType &gradient) {
  bool fits = gradient.rank() == 4;
  for (size_t i = 0; fits && i < 4; ++i)
    fits = call.context.equal(expected[i], gradient.dims[i], call.location);
  ETCH_REQUIRE(fits, ErrorCode::shape, call.location)
      << call.op.name << ": gradient must have the shape of the result, [" << text_of(expected) << "], got "
      << operands_text(call);
}

} // namespace

TensorType conv2d_type(const InferCall &call, const TensorType &x, const TensorType &filters,
                       const std::vector<int64_t> &strides, const std::string &padding,
                       const std::vector<int64_t> &dilations, const Dim &groups) {
  check_pair(call, "strides", strides);
  check_pair(call, "dilations", dilations);
  ETCH_REQUIRE(!groups.is_static() || groups.value() >= 1, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": groups must be 1 or more, got " << groups.text();
  ETCH_REQUIRE(x.rank() == 4 && filters.rank() == 4, ErrorCode::shape, call.location)
      << call.op.name << ": x and filters must have rank 4, got " << operands_text(call);
  for (size_t i = 0; i < 2; ++i)
    ETCH_REQUIRE(call.context.at_least(filters.dims[i], 1, call.location) &&
                     call.context.at_least(kLargest, filters.dims[i], call.location),
                 ErrorCode::shape, call.location)
        << call.op.name << ": the height and width of filters must be in [1, 2^31), got " << operands_text(call);
  const std::string and_groups = groups.is(1) ? "" : " and groups " + groups.text();
  ETCH_REQUIRE(call.context.equal(x.dims[3], groups * filters.dims[2], call.location), ErrorCode::shape, call.location)
      << call.op.name << ": the channels of x must be "
      << (groups.is(1) ? "those of filters" : "groups times those of filters") << ", got " << operands_text(call)
      << and_groups;
  ETCH_REQUIRE(call.context.quotient(filters.dims[3], groups, call.location), ErrorCode::shape, call.location)
      << call.op.name << ": groups must divide the last dimension of filters, got " << operands_text(call)
      << and_groups;
  const Windows windows{
      {filters.dims[0], filters.dims[1]}, {strides[0], strides[1]}, {dilations[0], dilations[1]}, padding == "same"};
  const bool is_dilated = dilations[0] > 1 || dilations[1] > 1;
  const auto [height, width] = windows_over(
      call, x, windows, operands_text(call) + (is_dilated ? " and dilations " + list_text(dilations) : ""));
  return TensorType(x.dtype, {x.dims[0], height, width, filters.dims[3]});
}

TensorType conv2d_image_type(const InferCall &call, const TensorType &gradient, const TensorType &filters,
                             const Dims &shape, const std::vector<int64_t> &strides, const std::string &padding,
                             const std::vector<int64_t> &dilations, const Dim &groups) {
  TensorType x(gradient.dtype, given_dims(call, shape));
  check_same_dims(call, conv2d_type(call, x, filters, strides, padding, dilations, groups).dims, gradient);
  return x;
}

TensorType conv2d_filter_type(const InferCall &call, const TensorType &x, const TensorType &gradient, const Dims &shape,
                              const std::vector<int64_t> &strides, const std::string &padding,
                              const std::vector<int64_t> &dilations, const Dim &groups) {
  TensorType filters(x.dtype, given_dims(call, shape));
  check_same_dims(call, conv2d_type(call, x, filters, strides, padding, dilations, groups).dims, gradient);
  return filters;
}

void check_depthwise_conv2d(const InferCall &call, const TensorType &x, const TensorType &filters,
                            const std::vector<int64_t> &strides, const std::string &padding,
                            const std::vector<int64_t> &dilations) {
  ETCH_REQUIRE(x.rank() == 4 && filters.rank() == 4, ErrorCode::shape, call.location)
      << call.op.name << ": x and filters must have rank 4, got " << operands_text(call);
  ETCH_REQUIRE(call.context.equal(x.dims[3], filters.dims[2], call.location), ErrorCode::shape, call.location)
      << call.op.name << ": the channels of x must be those of filters, got " << operands_text(call);
  // Everything else is said here too, where the filters are still as the user gave them.
  conv2d_type(call, x, filters, strides, padding, dilations, 1);
}

TensorType pool_type(const InferCall &call, const TensorType &x, const std::vector<int64_t> &window,
                     const std::vector<int64_t> &strides, const std::string &padding) {
  check_pair(call, "window", window);
  if (!strides.empty())
    check_pair(call, "strides", strides);
  ETCH_REQUIRE(x.rank() == 4, ErrorCode::shape, call.location)
      << call.op.name << ": x must have rank 4, got " << operands_text(call);
  const std::vector<int64_t> &steps = strides.empty() ? window : strides;
  const Windows windows{{window[0], window[1]}, {steps[0], steps[1]}, {1, 1}, padding == "same"};
  const auto [height, width] = windows_over(call, x, windows, operands_text(call) + " and window " + list_text(window));
  return TensorType(x.dtype, {x.dims[0], height, width, x.dims[3]});
}

TensorType pool_pick_type(const InferCall &call, const TensorType &x, const TensorType &values,
                          const std::vector<int64_t> &window, const std::vector<int64_t> &strides,
                          const std::string &padding) {
  const TensorType result = pool_type(call, x, window, strides, padding);
  bool fits = values.rank() == x.rank();
  for (size_t i = 0; fits && i < x.dims.size(); ++i)
    fits = call.context.equal(x.dims[i], values.dims[i], call.location);
  ETCH_REQUIRE(fits, ErrorCode::shape, call.location)
      << call.op.name << ": values must have the shape of x, got " << operands_text(call);
  return result;
}

void check_pool_gradient(const InferCall &call, const TensorType &x, const TensorType &gradient,
                         const std::vector<int64_t> &window, const std::vector<int64_t> &strides,
                         const std::string &padding) {
  check_same_dims(call, pool_type(call, x, window, strides, padding).dims, gradient);
}

TensorType avg_pool_image_type(const InferCall &call, const TensorType &gradient, const Dims &shape,
                               const std::vector<int64_t> &window, const std::vector<int64_t> &strides,
                               const std::string &padding) {
  TensorType x(gradient.dtype, given_dims(call, shape));
  check_pool_gradient(call, x, gradient, window, strides, padding);
  return x;
}

} // namespace etch::ops
