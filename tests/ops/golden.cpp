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
    if (!scalar_dtype_ && op_.key_operand >= 0 && !golden.operands.empty())
      scalar_dtype_ = golden.operands.at(static_cast<size_t>(op_.key_operand)).type.dtype;
    for (const AttrDef &attr : op_.attrs) {
      const auto found = named.find(attr.name);
      golden.attrs.push_back(found == named.end() ? default_of(attr) : value_of(attr, found->second));
    }
    if (at_ == text_.size()) // a sample
      return golden;
    expect('=');
    do {
      golden.results.push_back(tensor());
      if (!golden.results.back().has_dtype && op_.result_dtype == ResultDType::boolean)
        golden.results.back().type.dtype = DType::boolean;
    } while (taken(','));
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
    bool quoted = false;
    for (int open = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      quoted ^= c == '"';
      if (open == 0 && !quoted && (c == ',' || c == ')'))
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
    std::string text = attr.default_text;
    ETCH_CHECK(!text.empty()) << "golden of " << op_.name << " lacks " << attr.name;
    if (text.starts_with("DType::"))
      text.erase(0, std::string_view("DType::").size());
    for (char &c : text)
      c = c == '{' ? '[' : c == '}' ? ']' : c;
    return value_of(attr, text == "AnyZero[]" ? "0" : text);
  }

  Attr value_of(const AttrDef &attr, std::string_view text) const {
    if (attr.kind == AttrKind::dtype)
      return *dtype_named(text);
    if (attr.kind == AttrKind::string)
      return std::string(text.substr(1, text.size() - 2)); // without quotes
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

Sample parse_sample(const OpDef &op, std::string_view text, DType dtype) {
  const Golden golden = Parser(op, text, dtype).parse();
  Sample sample{{}, golden.attrs};
  for (const GoldenTensor &extents : golden.operands)
    sample.operands.emplace_back(extents.elements.begin(), extents.elements.end());
  return sample;
}

} // namespace etch::ops
