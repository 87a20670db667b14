// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/elements.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>

namespace etch::test {
namespace {

uint64_t mask_of(DType dtype) { return ~uint64_t{0} >> (64 - 8 * size_of(dtype)); }

ops::Scalar edge(Random &random, DType dtype) {
  if (is_integer(dtype)) {
    const uint64_t sign = dtype == DType::u8 ? 0 : uint64_t{1} << (8 * size_of(dtype) - 1);
    const std::vector<uint64_t> values{0, 1, mask_of(dtype), sign, mask_of(dtype) ^ sign, 2, 127, 128};
    return {dtype, random.pick(values) & mask_of(dtype)};
  }
  const double inf = std::numeric_limits<double>::infinity();
  const bool wide = dtype == DType::f64;
  const std::vector<double> values{0.0,
                                   -0.0,
                                   1,
                                   -1,
                                   inf,
                                   -inf,
                                   std::nan(""),
                                   wide ? 5e-324 : 1.5e-45,
                                   wide ? -2e-310 : -1e-40,
                                   0.5,
                                   1.5,
                                   2.5,
                                   -0.5,
                                   1e30,
                                   -1e30,
                                   wide ? 1.7e308 : 3.4e38,
                                   wide ? -1.7e308 : -3.4e38,
                                   65504,
                                   65520,
                                   6e-8,
                                   6e-5,
                                   9.2e-41,
                                   1.00048828125,
                                   1.00390625,
                                   88.5,
                                   -87.,
                                   -104,
                                   700,
                                   16777217,
                                   255.5,
                                   -128.5,
                                   2147483648.0,
                                   9.3e18,
                                   -9.3e18};
  return ops::Scalar::of(dtype, random.pick(values));
}

} // namespace

bool is_nan(const ops::Scalar &element) { return is_floating(element.dtype) && std::isnan(element.as_double()); }

uint64_t Random::bits() {
  uint64_t z = state_ += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

ops::Scalar random_scalar(Random &random, DType dtype, Elements style) {
  if (dtype == DType::boolean)
    return {dtype, random.bits() & 1};
  if (style == Elements::wild)
    return {dtype, random.bits() & mask_of(dtype)};
  if (style == Elements::edges && random.chance(1.0 / 3))
    return edge(random, dtype);
  if (is_floating(dtype))
    return ops::Scalar::of(dtype, random.uniform() * 4 - 2);
  return ops::Scalar::of(dtype, random.between(dtype == DType::u8 ? 0 : -5, 5));
}

Tensor tensor_of(const std::vector<ops::Scalar> &elements, DType dtype, const Shape &shape) {
  const size_t bytes = size_of(dtype);
  std::vector<char> memory(elements.size() * bytes + 1);
  for (size_t i = 0; i < elements.size(); ++i)
    std::memcpy(memory.data() + i * bytes, &elements[i].bits, bytes);
  return detail::from_elements(memory.data(), static_cast<int64_t>(elements.size()), dtype, shape, {});
}

std::vector<ops::Scalar> elements_of(const Tensor &tensor) {
  const DType dtype = tensor.dtype();
  std::vector<ops::Scalar> elements(static_cast<size_t>(tensor.size()), ops::Scalar{dtype, 0});
  if (elements.empty())
    return elements;
  const char *data = static_cast<const char *>(detail::checked_data(tensor, dtype, "test", {}));
  for (size_t i = 0; i < elements.size(); ++i)
    std::memcpy(&elements[i].bits, data + i * size_of(dtype), size_of(dtype));
  return elements;
}

Tensor random_tensor(Random &random, DType dtype, const Shape &shape, Elements style) {
  std::vector<ops::Scalar> elements;
  for (int64_t i = 0; i < shape.size(); ++i)
    elements.push_back(random_scalar(random, dtype, style));
  return tensor_of(elements, dtype, shape);
}

Tensor random_indices(Random &random, DType dtype, const Shape &shape, int64_t bound) {
  std::vector<ops::Scalar> elements;
  for (int64_t i = 0; i < shape.size(); ++i)
    elements.push_back(ops::Scalar::of(dtype, random.below(bound)));
  return tensor_of(elements, dtype, shape);
}

Tensor resized(const Tensor &tensor, int64_t from, int64_t to) {
  std::vector<int64_t> extents;
  for (const int64_t extent : tensor.shape())
    extents.push_back(extent == from ? to : extent);
  const Shape shape(extents);
  const auto elements = elements_of(tensor);
  std::vector<ops::Scalar> kept;
  for (size_t i = 0; i < static_cast<size_t>(shape.size()); ++i)
    kept.push_back(elements.empty() ? ops::Scalar::of(tensor.dtype(), int64_t{1}) : elements[i % elements.size()]);
  return tensor_of(kept, tensor.dtype(), shape);
}

std::string difference(const Tensor &expected, const Tensor &got) {
  if (spec_text(expected) != spec_text(got))
    return "expected " + spec_text(expected) + ", got " + spec_text(got);
  if (static_cast<int64_t>(expected.size()) >= kBeyondMemory / 8)
    return "";
  const auto a = elements_of(expected), b = elements_of(got);
  size_t differing = 0, first = 0;
  for (size_t i = a.size(); i-- > 0;)
    if (a[i].bits != b[i].bits && !(is_nan(a[i]) && is_nan(b[i]))) {
      ++differing;
      first = i;
    }
  if (!differing)
    return "";
  std::ostringstream text;
  text.precision(17);
  text << spec_text(expected) << ": " << differing << " of " << a.size() << " elements differ, the first at " << first
       << ": expected " << a[first].as_double() << " (" << std::hex << a[first].bits << "), got "
       << b[first].as_double() << " (" << b[first].bits << ")";
  return text.str();
}

} // namespace etch::test
