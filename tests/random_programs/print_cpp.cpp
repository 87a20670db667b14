// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/print_cpp.h"

#include "tests/random_programs/elements.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace etch::test {
namespace {

std::string cpp_type(DType dtype) {
  switch (dtype) {
  case DType::boolean:
    return "bool";
  case DType::u8:
    return "uint8_t";
  case DType::i8:
    return "int8_t";
  case DType::i16:
    return "int16_t";
  case DType::i32:
    return "int32_t";
  case DType::i64:
    return "int64_t";
  case DType::f32:
    return "float";
  case DType::f16:
    return "etch::float16";
  case DType::bf16:
    return "etch::bfloat16";
  default:
    return "double";
  }
}

std::string cpp_dtype(DType dtype) {
  return std::string("DType::") + (dtype == DType::boolean ? "boolean" : name_of(dtype));
}

std::string number(const ops::Scalar &scalar) {
  if (!is_floating(scalar.dtype)) {
    const int64_t value = scalar.as_integer();
    return value == INT64_MIN ? "INT64_MIN" : std::to_string(value);
  }
  const double value = scalar.as_double();
  if (std::isnan(value))
    return "NAN";
  if (std::isinf(value))
    return value < 0 ? "-INFINITY" : "INFINITY";
  char text[64];
  std::snprintf(text, sizeof text, value == std::rint(value) && std::fabs(value) < 1e6 ? "%.1f" : "%a", value);
  return text;
}

/// A literal of the scalar's C++ type.
std::string literal(const ops::Scalar &scalar) {
  return "static_cast<" + cpp_type(scalar.dtype) + ">(" + number(scalar) + ")";
}

template <class List, class Text>
std::string joined(const List &list, Text &&text) {
  std::string result;
  for (const auto &element : list)
    result += (result.empty() ? "" : ", ") + text(element);
  return result;
}

std::string braces(const std::vector<int64_t> &values) {
  return "{" + joined(values, [](int64_t value) { return std::to_string(value); }) + "}";
}

std::string braces(const ops::Dims &dims) {
  return "{" + joined(dims, [](const ops::Dim &dim) { return dim.text(); }) + "}";
}

std::string tensor_text(const Tensor &tensor) {
  const auto elements = elements_of(tensor);
  const Shape shape = tensor.shape();
  const std::string extents = braces(std::vector<int64_t>(shape.begin(), shape.end()));
  if (!elements.empty() && std::ranges::all_of(elements, [&](const auto &e) { return e == elements[0]; }))
    return "full(" + extents + ", " + literal(elements[0]) + ")";
  return "from_vector(std::vector<" + cpp_type(tensor.dtype()) + ">{" + joined(elements, number) + "}, Shape(" +
         extents + "))";
}

std::string attr_text(const ops::Attr &attr) {
  struct Visitor {
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(DType value) const { return cpp_dtype(value); }
    std::string operator()(const std::vector<int64_t> &value) const { return braces(value); }
    std::string operator()(const ops::Dims &value) const { return braces(value); }
    std::string operator()(const ops::Scalar &value) const { return literal(value); }
    std::string operator()(const std::string &value) const { return '"' + value + '"'; }
    std::string operator()(const ops::Dim &value) const { return value.text(); }
  };
  return std::visit(Visitor(), attr);
}

class Printer {
public:
  explicit Printer(const Program &program) : program_(program) {
    int argument = 0;
    for (size_t i = 0; i < program.inputs.size(); ++i)
      names_.push_back(program.inputs[i].captured ? "c" + std::to_string(i) : "x[" + std::to_string(argument++) + "]");
    for (size_t i = 0; i < program.calls.size(); ++i)
      names_.push_back("t" + std::to_string(i));
  }

  std::string text() {
    out_
        << "#include <etch/etch.h>\n\n#include <cmath>\n#include <iostream>\n\nusing namespace etch;\n\nint main() {\n";
    std::string arguments, resized_arguments;
    for (size_t i = 0; i < program_.inputs.size(); ++i) {
      const Input &input = program_.inputs[i];
      const std::string stored = tensor_text(input.stored);
      out_ << "  const Tensor c" << i << " = " << (input.transposed ? "transpose(" + stored + ")" : stored) << ";\n";
      if (input.captured)
        continue;
      arguments += (arguments.empty() ? "c" : ", c") + std::to_string(i);
      const auto [from, to] = program_.resizing;
      const Tensor other = from < 0 ? input.stored : resized(input.stored, from, to);
      std::string text = "c" + std::to_string(i);
      if (spec_text(other) != spec_text(input.stored))
        text = input.transposed ? "transpose(" + tensor_text(other) + ")" : tensor_text(other);
      resized_arguments += (resized_arguments.empty() ? "" : ", ") + text;
    }
    for (size_t i = 0; i < program_.variables.size(); ++i)
      out_ << "  const Tensor start" << i << " = " << tensor_text(program_.variables[i]) << ";\n  const Variable v" << i
           << "(start" << i << ");\n";
    out_ << "  const auto body = [&](const std::vector<Tensor> &x) -> std::vector<Tensor> {\n";
    for (const Call &call : program_.calls)
      print(call);
    out_ << "    return {" << joined(program_.results, [&](int value) { return names_[static_cast<size_t>(value)]; })
         << "};\n  };\n  const auto show = [&](const char *how, const auto &run) {\n    std::cout << how << '\\n';\n";
    for (size_t i = 0; i < program_.variables.size(); ++i)
      out_ << "    v" << i << ".assign(start" << i << ");\n";
    for (const std::string &given : {arguments, resized_arguments})
      out_ << "    for (const Tensor &y : run({" << given << "}))\n      std::cout << y << '\\n';\n";
    for (size_t i = 0; i < program_.variables.size(); ++i)
      out_ << "    std::cout << v" << i << ".value() << '\\n';\n";
    out_ << "  };\n  show(\"eager\", body);\n  show(\"compiled\", function(body" << options() << "));\n}\n";
    return out_.str();
  }

private:
  std::string options() const {
    if (!program_.open_extents)
      return "";
    const Options options = program_.options();
    return ", {.input_signature = {" +
           joined(options.input_signature,
                  [](const TensorSpec &spec) { return "{" + cpp_dtype(spec.dtype) + ", " + braces(spec.dims) + "}"; }) +
           "}}";
  }

  std::string operand(int value) const {
    return value < 0 ? literal(program_.literals[static_cast<size_t>(-1 - value)]) : names_[static_cast<size_t>(value)];
  }

  void print(const Call &call) {
    out_ << "    ";
    const std::string name =
        names_[static_cast<size_t>(program_.value_of_call(static_cast<size_t>(&call - program_.calls.data())))];
    if (call.op->result_count)
      out_ << "const Tensor " << name << " = ";
    const auto operand_text = [&](int value) { return operand(value); };
    std::string operands = joined(call.operands, operand_text);
    if (call.variable >= 0) {
      out_ << "v" << call.variable << "." << (call.op->result_count ? "value" : call.op->name) << "(" << operands
           << ");\n";
      return;
    }
    std::string attributes = joined(call.attrs, attr_text);
    if (call.op->effect == ops::Effect::checks) {
      const std::vector<int> values(call.operands.begin() + 1, call.operands.end());
      out_ << call.op->name << "(" << operand(call.operands[0]) << ", " << attributes << (values.empty() ? "" : ", ")
           << joined(values, operand_text) << ");\n";
      return;
    }
    const bool format_first = call.op->effect == ops::Effect::prints;
    if (format_first)
      std::swap(operands, attributes);
    else if (call.op->operand_count < 0)
      operands = "{" + operands + "}";
    out_ << call.op->name << "(" << operands << (operands.empty() || attributes.empty() ? "" : ", ") << attributes
         << ");\n";
  }

  const Program &program_;
  std::vector<std::string> names_; // by value
  std::ostringstream out_;
};

} // namespace

std::string cpp_of(const Program &program) { return Printer(program).text(); }

} // namespace etch::test
