// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/ops/golden.h"

#include "support/require.h"

#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

namespace etch::ops {
namespace {

std::optional<DType> dtype_named(std::string_view name) {
  for (int i = 0; i < kDTypeCount; ++i)
    if (name == name_of(static_cast<DType>(i)))
      return static_cast<DType>(i);
  return std::nullopt;
}

class Parser {
public:
  Parser(const OpDef &op, std::string_view text, DType dtype) : op_(op), text_(text), dtype_(dtype) {}

  Golden parse() {
    Golden golden;
    golden.op = &op_;
    ETCH_CHECK(word() == op_.name) << text_;
    expect('(');
    std::map<std::string, std::string_view> named;
    while (!taken(')')) {
      if (const auto name = attribute_name())
        named[*name] = attribute_value();
      else
        golden.operands.push_back(tensor());
      taken(',');
    }
    for (const AttrDef &attr : op_.attrs)
      if (const auto found = named.find(attr.name); attr.kind == AttrKind::dtype && found != named.end())
        scalar_dtype_ = dtype_named(found->second);
    if (op_.op_class == OpClass::elementwise && op_.key_operand >= 0)
      scalar_dtype_ = golden.operands.at(static_cast<size_t>(op_.key_operand)).type.dtype;
    for (const AttrDef &attr : op_.attrs) {
      const auto found = named.find(attr.name);
      golden.attrs.push_back(found == named.end() ? default_of(attr) : value_of(attr, found->second));
    }
    expect('=');
    golden.result = tensor();
    if (!golden.result.has_dtype && op_.result_dtype == ResultDType::boolean)
      golden.result.type.dtype = DType::boolean;
    ETCH_CHECK(at_ == text_.size()) << text_;
    return golden;
  }

private:
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ')
      ++at_;
  }
  bool taken(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c)
      return false;
    ++at_;
    return true;
  }
  void expect(char c) { ETCH_CHECK(taken(c)) << c << " expected in " << text_ << " at " << at_; }

  std::string word() {
    skip_spaces();
    const size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::optional<std::string> attribute_name() {
    const size_t begin = at_;
    std::string name = word();
    if (!name.empty() && taken('='))
      return name;
    at_ = begin;
    return std::nullopt;
  }

  // Up to the comma or parenthesis that ends it.
  std::string_view attribute_value() {
    skip_spaces();
    const size_t begin = at_;
    for (int open = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (open == 0 && (c == ',' || c == ')'))
        break;
      open += (c == '[') - (c == ']');
    }
    return text_.substr(begin, at_ - begin);
  }

  double number() {
    const std::string rest(text_.substr(at_));
    for (const auto &[name, value] : {std::pair("true", 1.0), std::pair("false", 0.0)})
      if (rest.starts_with(name)) {
        at_ += std::string_view(name).size();
        return value;
      }
    char *end = nullptr;
    const double value = std::strtod(rest.c_str(), &end);
    ETCH_CHECK(end != rest.c_str()) << "number expected in " << text_ << " at " << at_;
    at_ += static_cast<size_t>(end - rest.c_str());
    return value;
  }

  void elements(GoldenTensor &tensor, std::vector<int64_t> &extents, size_t depth) {
    if (!taken('[')) {
      skip_spaces();
      tensor.elements.push_back(number());
      return;
    }
    int64_t count = 0;
    if (extents.size() <= depth)
      extents.push_back(0);
    while (!taken(']')) {
      elements(tensor, extents, depth + 1);
      taken(',');
      ++count;
    }
    extents[depth] = count;
  }

  GoldenTensor tensor() {
    GoldenTensor tensor;
    std::vector<int64_t> extents;
    skip_spaces();
    elements(tensor, extents, 0);
    tensor.type.dtype = dtype_;
    if (taken(':')) {
      tensor.type.dtype = *dtype_named(word());
      tensor.has_dtype = true;
      if (taken('[')) {
        extents.clear();
        while (!taken(']')) {
          extents.push_back(static_cast<int64_t>(number()));
          taken(',');
        }
      }
    }
    tensor.type.dims = Dims(extents.begin(), extents.end());
    return tensor;
  }

  Attr default_of(const AttrDef &attr) const {
    switch (attr.kind) {
    case AttrKind::integers:
      return std::vector<int64_t>{};
    case AttrKind::boolean:
      return false;
    case AttrKind::integer:
      return int64_t{op_.op_class == OpClass::composite ? -1 : 0};
    case AttrKind::dtype:
      return DType::i64;
    default:
      break;
    }
    throw InternalError(std::string("golden of ") + op_.name + " lacks " + attr.name);
  }

  Attr value_of(const AttrDef &attr, std::string_view text) const {
    if (attr.kind == AttrKind::dtype)
      return *dtype_named(text);
    Parser parser(op_, text, dtype_);
    const GoldenTensor value = parser.tensor();
    const std::vector<int64_t> integers(value.elements.begin(), value.elements.end());
    switch (attr.kind) {
    case AttrKind::integer:
      return integers.at(0);
    case AttrKind::boolean:
      return integers.at(0) != 0;
    case AttrKind::integers:
      return integers;
    case AttrKind::dims:
      return Dims(integers.begin(), integers.end());
    case AttrKind::dim:
      return Dim(integers.at(0));
    case AttrKind::scalar:
      return Scalar::of(scalar_dtype_.value_or(value.type.dtype), value.elements.at(0));
    default:
      break;
    }
    throw InternalError(std::string("golden of ") + op_.name + " has no syntax for " + attr.name);
  }

  const OpDef &op_;
  std::string_view text_;
  DType dtype_;
  std::optional<DType> scalar_dtype_; ///< what numbers adopt, as in the public function
  size_t at_ = 0;
};

} // namespace

Golden parse_golden(const OpDef &op, std::string_view text, DType dtype) { return Parser(op, text, dtype).parse(); }

} // namespace etch::ops
