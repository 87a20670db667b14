// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/oracle/call_file.h"

#include "tests/random_programs/elements.h"

#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>
#include <string>

namespace etch::test {
namespace {

std::string json_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text)
    result += c == '\n' ? std::string("\\n") : c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  return result + "\"";
}

template <class List>
std::string list_text(const List &values) {
  std::ostringstream text;
  for (const auto &value : values)
    text << (text.tellp() ? ", " : "") << value;
  return "[" + text.str() + "]";
}

/// Numbers as Python reads them.
std::string number_text(const ops::Scalar &scalar) {
  if (!is_floating(scalar.dtype))
    return scalar.dtype == DType::boolean ? scalar.text() : std::to_string(scalar.as_integer());
  const double value = scalar.as_double();
  if (std::isnan(value))
    return "NaN";
  if (std::isinf(value))
    return value < 0 ? "-Infinity" : "Infinity";
  std::ostringstream text;
  text << std::setprecision(std::numeric_limits<double>::max_digits10) << value;
  return text.str();
}

std::string dims_text(const ops::Dims &dims) {
  std::vector<int64_t> extents;
  for (const ops::Dim &dim : dims)
    extents.push_back(dim.value());
  return list_text(extents);
}

struct AttrText {
  std::string operator()(int64_t value) const { return std::to_string(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(DType value) const { return "{\"dtype\": " + json_text(name_of(value)) + "}"; }
  std::string operator()(const std::vector<int64_t> &value) const { return list_text(value); }
  std::string operator()(const ops::Dims &value) const { return "{\"dims\": " + dims_text(value) + "}"; }
  std::string operator()(const ops::Scalar &value) const { return number_text(value); }
  std::string operator()(const std::string &value) const { return json_text(value); }
  std::string operator()(const ops::Dim &value) const { return std::to_string(value.value()); }
};

/// Composites are rounded after every step, in the dtype of their operands unless that is widened.
bool rounds_halves_once(const ops::OpDef &op) { return op.widens || op.op_class != ops::OpClass::composite; }

} // namespace

CallFile::CallFile(const std::filesystem::path &folder) {
  std::filesystem::create_directories(folder);
  for (std::ofstream *file : {&calls_, &elements_})
    file->exceptions(std::ios::failbit | std::ios::badbit);
  calls_.open(folder / "calls.json");
  elements_.open(folder / "elements.bin", std::ios::binary);
  calls_ << "[";
}

CallFile::~CallFile() { calls_ << "\n]\n"; }

void CallFile::add_tensors(const char *title, const std::vector<Tensor> &tensors) {
  std::string text;
  for (const Tensor &tensor : tensors) {
    std::vector<int64_t> extents;
    for (const int64_t extent : tensor.shape())
      extents.push_back(extent);
    text += (text.empty() ? "[" : ", [") + json_text(name_of(tensor.dtype())) + ", " + list_text(extents) + "]";
    const auto width = static_cast<std::streamsize>(size_of(tensor.dtype()));
    for (const ops::Scalar &element : elements_of(tensor))
      elements_.write(reinterpret_cast<const char *>(&element.bits), width);
  }
  calls_ << ", " << json_text(title) << ": [" << text << "]";
}

void CallFile::add(const Reference &reference, const std::vector<Tensor> &operands, const ops::Attrs &attrs,
                   const std::vector<Tensor> &results) {
  const ops::OpDef &op = reference.op;
  calls_ << (count_++ ? ",\n" : "\n") << "{\"op\": " << json_text(op.name)
         << ", \"reference\": " << json_text(reference.text) << ", \"scale\": " << json_text(reference.scale);
  calls_ << ", \"variadic\": " << (op.operand_count < 0 ? "true" : "false")
         << ", \"rounds_halves_once\": " << (rounds_halves_once(op) ? "true" : "false") << ", \"operand_names\": [";
  for (size_t i = 0; i < op.operand_names.size(); ++i)
    calls_ << (i ? ", " : "") << json_text(op.operand_names[i]);
  calls_ << "], \"attrs\": {";
  for (size_t i = 0; i < attrs.size(); ++i)
    calls_ << (i ? ", " : "") << json_text(op.attrs[i].name) << ": " << std::visit(AttrText{}, attrs[i]);
  calls_ << "}";
  add_tensors("operands", operands);
  add_tensors("results", results);
  calls_ << "}";
}

} // namespace etch::test
