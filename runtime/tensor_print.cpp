// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tensor_print.h"

#include "runtime/concrete_tensor.h"

#include <etch/tensor.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// NumPy's str() with its default options: at most 8 fractional digits, columns aligned over all elements shown, lines
// of at most 75 characters, and only 3 items at each end of long axes once there are more than 1000 elements.
namespace etch {
namespace {

constexpr int kPrecision = 8;
constexpr int64_t kThreshold = 1000;
constexpr int64_t kEdgeItems = 3;
constexpr size_t kLineWidth = 75;

// digits d1 d2 ... dn stand for d1.d2...dn * 10^exponent.
struct Decimal {
  bool negative;
  std::string digits;
  int exponent;
};

Decimal parse_scientific(std::string_view text, bool negative) {
  const size_t e = text.find('e');
  Decimal decimal{negative, std::string(text.substr(0, 1)), 0};
  if (e > 1)
    decimal.digits += text.substr(2, e - 2);
  const size_t sign = e + 1;
  std::from_chars(text.data() + sign + (text[sign] == '+'), text.data() + text.size(), decimal.exponent);
  while (decimal.digits.size() > 1 && decimal.digits.back() == '0')
    decimal.digits.pop_back();
  return decimal;
}

// The exact value rounded to `fraction` digits after the first.
template <class T>
Decimal rounded(T value, int fraction) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*e", fraction, static_cast<double>(std::abs(value)));
  return parse_scientific(buffer, std::signbit(value));
}

// What an element of type T is worked on as.
template <class T>
using Number = std::conditional_t<std::is_floating_point_v<T>, T, float>;

// The fewest digits that tell the value from its neighbours among the elements of type T.
template <class T>
Decimal shortest(Number<T> value) {
  char buffer[64];
  if constexpr (!std::is_floating_point_v<T>)
    for (int fraction = 0; fraction < 8; ++fraction) {
      std::snprintf(buffer, sizeof buffer, "%.*e", fraction, static_cast<double>(std::abs(value)));
      if (T(std::strtod(buffer, nullptr)) == T(std::abs(value)))
        return parse_scientific(buffer, std::signbit(value));
    }
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::scientific).ptr;
  return parse_scientific({buffer, static_cast<size_t>(end - buffer)}, std::signbit(value));
}

// The same with at most kPrecision digits after the first; the rest is rounded from the exact value.
template <class T>
Decimal scientific_digits(Number<T> value) {
  const Decimal decimal = shortest<T>(value);
  return decimal.digits.size() <= kPrecision + 1 ? decimal : rounded(value, kPrecision);
}

// The same with at most kPrecision digits after the point. Those before it are never cut, and are the exact value's.
template <class T>
Decimal positional_digits(Number<T> value) {
  Decimal decimal = shortest<T>(value);
  const int available = static_cast<int>(decimal.digits.size()) - 1;
  if (available < decimal.exponent)
    return rounded(value, decimal.exponent);
  const int kept = kPrecision + decimal.exponent;
  if (available <= kept)
    return decimal;
  if (kept >= 0)
    return rounded(value, kept);
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", kPrecision, static_cast<double>(std::abs(value)));
  const bool rounds_up = std::string_view(buffer).find_first_not_of("0.") != std::string_view::npos;
  return rounds_up ? Decimal{decimal.negative, "1", -kPrecision} : Decimal{decimal.negative, "0", 0};
}

struct Parts {
  std::string whole; // with the sign
  std::string fraction;
  std::string exponent; // digits alone
  bool exponent_negative = false;
};

Parts positional_parts(const Decimal &decimal) {
  Parts parts{decimal.negative ? "-" : "", "", "", false};
  const int exponent = decimal.exponent;
  if (exponent < 0) {
    parts.whole += '0';
    if (decimal.digits != "0")
      parts.fraction = std::string(static_cast<size_t>(-exponent - 1), '0') + decimal.digits;
    return parts;
  }
  std::string digits = decimal.digits;
  const size_t whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() < whole)
    digits.append(whole - digits.size(), '0');
  parts.whole += digits.substr(0, whole);
  parts.fraction = digits.substr(whole);
  return parts;
}

Parts scientific_parts(const Decimal &decimal) {
  Parts parts{decimal.negative ? "-" : "", decimal.digits.substr(1), std::to_string(std::abs(decimal.exponent)),
              decimal.exponent < 0};
  parts.whole += decimal.digits[0];
  if (parts.exponent.size() < 2)
    parts.exponent.insert(0, "0");
  return parts;
}

std::string padded_left(std::string text, size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

// How one element becomes text; the width is the same for all of them.
class ElementFormat {
public:
  virtual ~ElementFormat() = default;
  virtual std::string operator()(const void *element) const = 0;
};

template <class T>
class FloatFormat final : public ElementFormat {
public:
  explicit FloatFormat(const std::vector<const void *> &elements) {
    std::vector<Number<T>> finite;
    bool any_nan = false, any_infinite = false, any_negative_infinite = false;
    Number<T> largest = 0, smallest = std::numeric_limits<Number<T>>::infinity();
    for (const void *element : elements) {
      const Number<T> value = *static_cast<const T *>(element);
      if (!std::isfinite(value)) {
        any_nan |= std::isnan(value);
        any_infinite |= std::isinf(value);
        any_negative_infinite |= value < 0;
        continue;
      }
      finite.push_back(value);
      if (value != 0) {
        largest = std::max(largest, std::abs(value));
        smallest = std::min(smallest, std::abs(value));
      }
    }
    scientific_ = largest != 0 && (largest >= Number<T>(1e8) || static_cast<double>(smallest) < 0.0001 ||
                                   largest / smallest > Number<T>(1000));
    for (Number<T> value : finite)
      measure(scientific_ ? scientific_parts(scientific_digits<T>(value))
                          : positional_parts(positional_digits<T>(value)));
    right_ = scientific_ ? exponent_ + 2 + fraction_ : fraction_;
    if (any_nan || any_infinite) {
      const size_t inf = 3 + any_negative_infinite;
      const size_t offset = right_ + 1;
      left_ = std::max({left_, offset < 3 ? 3 - offset : 0, offset < inf ? inf - offset : 0});
    }
  }

  std::string operator()(const void *element) const override {
    const Number<T> value = *static_cast<const T *>(element);
    if (!std::isfinite(value))
      return padded_left(std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf", left_ + right_ + 1);
    if (!scientific_) {
      const Parts parts = positional_parts(positional_digits<T>(value));
      return padded_left(parts.whole, left_) + '.' + parts.fraction + std::string(right_ - parts.fraction.size(), ' ');
    }
    // Digits of the exact value fill the column, beyond those that tell it from its neighbours.
    const Parts parts = scientific_parts(rounded(value, static_cast<int>(fraction_)));
    return padded_left(parts.whole, left_) + '.' + parts.fraction +
           std::string(fraction_ - parts.fraction.size(), '0') + (parts.exponent_negative ? "e-" : "e+") +
           std::string(exponent_ - parts.exponent.size(), '0') + parts.exponent;
  }

private:
  void measure(const Parts &parts) {
    left_ = std::max(left_, parts.whole.size());
    fraction_ = std::max(fraction_, parts.fraction.size());
    exponent_ = std::max(exponent_, parts.exponent.size());
  }

  bool scientific_ = false;
  size_t left_ = 0, fraction_ = 0, exponent_ = 0, right_ = 0;
};

template <class T>
class IntegerFormat final : public ElementFormat {
public:
  explicit IntegerFormat(const std::vector<const void *> &elements) {
    for (const void *element : elements)
      width_ = std::max(width_, text(element).size());
  }
  std::string operator()(const void *element) const override { return padded_left(text(element), width_); }

private:
  static std::string text(const void *element) { return std::to_string(*static_cast<const T *>(element)); }
  size_t width_ = 0;
};

class BoolFormat final : public ElementFormat {
public:
  std::string operator()(const void *element) const override {
    return *static_cast<const uint8_t *>(element) ? " True" : "False";
  }
};

std::unique_ptr<ElementFormat> make_format(DType dtype, const std::vector<const void *> &elements) {
  switch (dtype) {
  case DType::boolean:
    return std::make_unique<BoolFormat>();
  case DType::u8:
    return std::make_unique<IntegerFormat<uint8_t>>(elements);
  case DType::i8:
    return std::make_unique<IntegerFormat<int8_t>>(elements);
  case DType::i16:
    return std::make_unique<IntegerFormat<int16_t>>(elements);
  case DType::i32:
    return std::make_unique<IntegerFormat<int32_t>>(elements);
  case DType::i64:
    return std::make_unique<IntegerFormat<int64_t>>(elements);
  case DType::f32:
    return std::make_unique<FloatFormat<float>>(elements);
  case DType::f16:
    return std::make_unique<FloatFormat<float16>>(elements);
  case DType::bf16:
    return std::make_unique<FloatFormat<bfloat16>>(elements);
  default:
    return std::make_unique<FloatFormat<double>>(elements);
  }
}

template <class T>
std::string float_scalar_text(const void *element) {
  const Number<T> value = *static_cast<const T *>(element);
  if (std::isnan(value))
    return "nan";
  if (std::isinf(value))
    return value < 0 ? "-inf" : "inf";
  const double magnitude = std::abs(static_cast<double>(value));
  if (magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16)) {
    const Parts parts = positional_parts(shortest<T>(value));
    return parts.whole + '.' + (parts.fraction.empty() ? "0" : parts.fraction);
  }
  const Parts parts = scientific_parts(shortest<T>(value));
  return parts.whole + (parts.fraction.empty() ? "" : "." + parts.fraction) + (parts.exponent_negative ? "e-" : "e+") +
         parts.exponent;
}

std::string scalar_text(DType dtype, const void *element) {
  switch (dtype) {
  case DType::boolean:
    return *static_cast<const uint8_t *>(element) ? "True" : "False";
  case DType::f32:
    return float_scalar_text<float>(element);
  case DType::f64:
    return float_scalar_text<double>(element);
  case DType::f16:
    return float_scalar_text<float16>(element);
  case DType::bf16:
    return float_scalar_text<bfloat16>(element);
  default:
    return (*make_format(dtype, {element}))(element);
  }
}

struct ElementView {
  DType dtype;
  std::span<const int64_t> dims;
  const int64_t *strides;
  const void *first;

  int rank() const { return static_cast<int>(dims.size()); }
};

class ArrayPrinter {
public:
  ArrayPrinter(const ElementView &view, int64_t size) : view_(view), summarise_(size > kThreshold) {
    collect(0, 0);
    format_ = make_format(view.dtype, shown_);
  }

  std::string text() {
    std::string out;
    print(0, 0, " ", kLineWidth, out);
    return out;
  }

private:
  int64_t extent(int axis) const { return view_.dims[static_cast<size_t>(axis)]; }
  bool is_summarised(int axis) const { return summarise_ && extent(axis) > 2 * kEdgeItems; }

  // Calls f(index) for the indices of an axis that are shown, with -1 in the place of the others.
  template <class F>
  void for_shown(int axis, F &&f) const {
    const int64_t count = extent(axis);
    const bool gap = is_summarised(axis);
    for (int64_t i = 0; i < (gap ? kEdgeItems : count); ++i)
      f(i);
    if (!gap)
      return;
    f(int64_t{-1});
    for (int64_t i = count - kEdgeItems; i < count; ++i)
      f(i);
  }

  const void *element(int64_t offset) const {
    return static_cast<const char *>(view_.first) + offset * static_cast<int64_t>(size_of(view_.dtype));
  }

  void collect(int axis, int64_t offset) {
    if (axis == view_.rank()) {
      shown_.push_back(element(offset));
      return;
    }
    for_shown(axis, [&](int64_t i) {
      if (i >= 0)
        collect(axis + 1, offset + i * view_.strides[axis]);
    });
  }

  void print(int axis, int64_t offset, const std::string &indent, size_t width, std::string &out) const {
    out += '[';
    if (axis + 1 == view_.rank())
      print_row(offset, indent, width, out);
    else
      print_planes(axis, offset, indent, width, out);
    out += ']';
  }

  void print_planes(int axis, int64_t offset, const std::string &indent, size_t width, std::string &out) const {
    const size_t newlines = static_cast<size_t>(view_.rank() - axis - 1);
    bool first = true;
    for_shown(axis, [&](int64_t i) {
      if (!first)
        out += std::string(newlines, '\n') + indent;
      first = false;
      if (i < 0)
        out += "...";
      else
        print(axis + 1, offset + i * view_.strides[axis], indent + ' ', width - 1, out);
    });
  }

  void print_row(int64_t offset, const std::string &indent, size_t width, std::string &out) const {
    const int axis = view_.rank() - 1;
    std::string line = indent;
    bool first_line = true;
    bool first = true;
    const auto end_line = [&] {
      line.erase(line.find_last_not_of(' ') + 1);
      out += first_line ? line.substr(std::min(indent.size(), line.size())) : line;
      first_line = false;
    };
    for_shown(axis, [&](int64_t i) {
      if (!first)
        line += ' ';
      first = false;
      const std::string word = i < 0 ? "..." : (*format_)(element(offset + i * view_.strides[axis]));
      if (line.size() + word.size() > width - 1 && line.size() > indent.size()) {
        end_line();
        out += '\n';
        line = indent;
      }
      line += word;
    });
    out += first_line ? line.substr(indent.size()) : line;
  }

  const ElementView view_;
  const bool summarise_;
  std::vector<const void *> shown_;
  std::unique_ptr<ElementFormat> format_;
};

std::string text_of(const ElementView &view) {
  int64_t size = 1;
  for (int64_t dim : view.dims) {
    if (dim == 0)
      return "[]";
    size *= dim;
  }
  if (view.rank() == 0)
    return scalar_text(view.dtype, view.first);
  return ArrayPrinter(view, size).text();
}

} // namespace

namespace runtime {

std::string elements_text(DType dtype, std::span<const int64_t> dims, const void *elements) {
  int64_t strides[Shape::kMaxRank];
  row_major_strides(dims, strides);
  return text_of({dtype, dims, strides, elements});
}

} // namespace runtime

std::string to_string(const Tensor &tensor) {
  if (!tensor.defined() || tensor.node()->symbolic) // or donated
    return spec_text(tensor);
  const runtime::ConcreteNode &node = runtime::concrete(tensor);
  int64_t strides[Shape::kMaxRank];
  runtime::strides_of(node, strides);
  return text_of({node.dtype, node.shape.dims(), strides, node.first});
}

std::ostream &operator<<(std::ostream &stream, const Tensor &tensor) { return stream << to_string(tensor); }

} // namespace etch
