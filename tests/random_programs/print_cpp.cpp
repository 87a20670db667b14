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
  // Half floats are made of others explicitly.
  const auto element = [](const ops::Scalar &scalar) {
    return is_half(scalar.dtype) ? literal(scalar) : number(scalar);
  };
  return "from_vector(std::vector<" + cpp_type(tensor.dtype()) + ">{" + joined(elements, element) + "}, Shape(" +
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

/// An attribute as ops::Attrs holds it.
std::string stored_attr_text(const ops::Attr &attr) {
  struct Visitor {
    std::string operator()(int64_t value) const { return "int64_t{" + std::to_string(value) + "}"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(DType value) const { return cpp_dtype(value); }
    std::string operator()(const std::vector<int64_t> &value) const { return "std::vector<int64_t>" + braces(value); }
    std::string operator()(const ops::Dims &value) const { return "ops::Dims" + braces(value); }
    std::string operator()(const ops::Scalar &value) const {
      return "ops::Scalar{" + cpp_dtype(value.dtype) + ", " + std::to_string(value.bits) + "u}";
    }
    std::string operator()(const std::string &value) const { return "std::string(\"" + value + "\")"; }
    std::string operator()(const ops::Dim &value) const { return "ops::Dim(" + value.text() + ")"; }
  };
  return std::visit(Visitor(), attr);
}

/// What the registry does not say of the public function.
bool is_public(const ops::OpDef &op) {
#define ETCH_PUBLIC(op_index)                                                                                          \
  if (op.index == op_index)                                                                                            \
    return true;
#include "ops/contract_rows.inc"
  return false;
}

/// No function of etch:: calls it, and no handle.
bool is_inner(const Call &call) { return !call.is_function() && call.variable < 0 && !is_public(*call.op); }

bool takes_pairs([[maybe_unused]] const Call &call, [[maybe_unused]] size_t attribute) {
#define ETCH_PAIRS(op_index, pairs)                                                                                    \
  if (call.op->index == op_index && attribute == pairs)                                                                \
    return true;
#include "ops/contract_rows.inc"
  return false;
}

std::string pairs(const std::vector<int64_t> &list) {
  std::string text;
  for (size_t i = 0; i + 1 < list.size(); i += 2)
    text += (i ? ", " : "") + braces(std::vector<int64_t>{list[i], list[i + 1]});
  return "{" + text + "}";
}

struct FunctionShape {
  bool returns_list, attributes_first;
  std::vector<std::string> members; ///< of the struct that it returns

  bool is_single() const { return !returns_list && members.empty(); }
};

FunctionShape shape_of(const Call &call) {
  FunctionShape shape{};
#define ETCH_FUNCTION(function_index, list, names, first)                                                              \
  if (call.op->index == function_index) {                                                                              \
    shape = {list, first, {}};                                                                                         \
    std::istringstream words(names);                                                                                   \
    for (std::string word; std::getline(words, word, ',');)                                                            \
      shape.members.push_back(word);                                                                                   \
  }
#include "ops/contract_rows.inc"
  return shape;
}

class Printer {
public:
  Printer(const Program &program, const Shown &shown) : program_(program), shown_(shown) {
    int argument = 0;
    for (size_t i = 0; i < program.inputs.size(); ++i)
      names_.push_back(program.inputs[i].captured ? "c" + std::to_string(i) : "x[" + std::to_string(argument++) + "]");
    for (size_t i = 0; i < program.calls.size(); ++i)
      names_.push_back("t" + std::to_string(i));
  }

  std::string text() {
    print_head();
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
    if (program_.gradient_order > 0)
      print_watch();
    for (const Call &call : program_.calls)
      print(call);
    const std::string results = joined(program_.results, [&](int value) { return names_[static_cast<size_t>(value)]; });
    if (program_.gradient_order > 0)
      print_gradients(results);
    else
      out_ << "    return {" << results << "};\n  };\n";
    out_ << "  const auto show = [&](const char *how, const auto &run, int threads) {\n"
            "    set_thread_count(threads);\n    std::cout << how << '\\n';\n";
    for (size_t i = 0; i < program_.variables.size(); ++i)
      out_ << "    v" << i << ".assign(start" << i << ");\n";
    for (const std::string &given : {arguments, resized_arguments})
      out_ << "    for (const Tensor &y : run({" << given << "}))\n      std::cout << y << '\\n';\n";
    for (size_t i = 0; i < program_.variables.size(); ++i)
      out_ << "    std::cout << v" << i << ".value() << '\\n';\n";
    out_ << "  };\n  show(\"eager\", body, " << shown_.eager_threads << ");\n";
    if (shown_.called)
      out_ << "  const auto inner = function(body, " << options(".no_inline = true") << ");\n"
           << "  const auto outer = [&](const std::vector<Tensor> &x) { return inner(x); };\n";
    const std::string given = options("");
    out_ << "  show(\"compiled\", function(" << (shown_.called ? "outer" : "body")
         << (given.empty() ? "" : ", " + given) << "), " << shown_.threads << ");\n}\n";
    return out_.str();
  }

private:
  void print_head() {
    const bool has_inner_ops = std::ranges::any_of(program_.calls, [&](const Call &call) { return is_inner(call); });
    if (has_inner_ops) // they have no public function
      out_ << "// To be built like a test, with etch_internal.\n#include \"runtime/public_call.h\"\n\n";
    out_ << "#include <etch/environment.h>\n#include <etch/etch.h>\n\n#include <cmath>\n#include <iostream>\n\n"
            "using namespace etch;\n\n";
    if (has_inner_ops)
      out_ << "static Tensor inner_op(const char *name, const std::vector<Tensor> &operands, const ops::Attrs &attrs) "
              "{\n  return runtime::call_op(*ops::find_op(name), operands, attrs, Location::current());\n}\n\n";
    out_ << "int main() {\n";
  }

  void print_watch() {
    std::string inputs;
    for (size_t i = 0; i < program_.inputs.size(); ++i)
      if (is_floating(program_.inputs[i].stored.dtype()))
        inputs += (inputs.empty() ? "" : ", ") + names_[i];
    out_ << "    GradientTape tape" << (program_.gradient_order > 1 ? "({.persistent = true})" : "")
         << ";\n    const std::vector<Tensor> inputs{" << inputs << "};\n    tape.watch(inputs);\n";
  }

  void print_gradients(const std::string &results) {
    std::string variables;
    for (size_t i = 0; i < program_.variables.size(); ++i)
      if (is_floating(program_.variables[i].dtype()))
        variables += (variables.empty() ? "v" : ", v") + std::to_string(i);
    out_ << "    std::vector<Tensor> results{" << results << "}, targets;\n    for (const Tensor &y : results)\n"
         << "      if (is_floating(y.dtype()))\n        targets.push_back(y);\n"
         << "    for (int order = 0; order < " << program_.gradient_order << "; ++order) {\n"
         << "      const auto [dx, dv] = tape.gradient(targets, inputs, std::vector<Variable>{" << variables
         << "}, GradientOptions{.unconnected = Unconnected::zero});\n"
         << "      targets = dx;\n      targets.insert(targets.end(), dv.begin(), dv.end());\n"
         << "      results.insert(results.end(), targets.begin(), targets.end());\n    }\n    return results;\n  };\n";
  }

  /// Of the program, and more; "" for none.
  std::string options(const std::string &more) const {
    std::string text;
    if (program_.open_extents) {
      const Options options = program_.options();
      text =
          ".input_signature = {" +
          joined(options.input_signature,
                 [](const TensorSpec &spec) { return "{" + cpp_dtype(spec.dtype) + ", " + braces(spec.dims) + "}"; }) +
          "}";
    }
    text += (text.empty() || more.empty() ? "" : ", ") + more;
    return text.empty() ? "" : "{" + text + "}";
  }

  std::string operand(int value) const {
    return value < 0 ? literal(program_.literals[static_cast<size_t>(-1 - value)]) : names_[static_cast<size_t>(value)];
  }

  void print(const Call &call) {
    out_ << "    ";
    const size_t position = static_cast<size_t>(&call - program_.calls.data());
    const std::string name = names_[static_cast<size_t>(program_.value_of_call(position))];
    if (call.is_function())
      return print_function(call, position, name);
    if (call.has_result())
      out_ << "const Tensor " << name << " = ";
    if (is_inner(call))
      return print_inner(call);
    const auto operand_text = [&](int value) { return operand(value); };
    std::string operands = joined(call.operands, operand_text);
    if (call.variable >= 0) {
      out_ << "v" << call.variable << "." << (call.op->result_count ? "value" : call.op->name) << "(" << operands
           << ");\n";
      return;
    }
    std::string attributes = attributes_of(call);
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

  /// Each attribute as the public function takes it.
  std::string attributes_of(const Call &call) const {
    std::string text;
    for (size_t i = 0; i < call.attrs.size(); ++i) {
      const auto *list = std::get_if<std::vector<int64_t>>(&call.attrs[i]);
      text += (i ? ", " : "") + (list && takes_pairs(call, i) ? pairs(*list) : attr_text(call.attrs[i]));
    }
    return text;
  }

  /// An op that only expansions and gradients call.
  void print_inner(const Call &call) {
    const auto operand_text = [&](int value) {
      return value < 0 ? "full({}, " + operand(value) + ")" : operand(value);
    };
    out_ << "inner_op(\"" << call.op->name << "\", {" << joined(call.operands, operand_text) << "}, {"
         << joined(call.attrs, stored_attr_text) << "});\n";
  }

  /// The call once, then each of its results where it is taken.
  void print_function(const Call &call, size_t position, const std::string &name) {
    const FunctionShape shape = shape_of(call);
    if (position == 0 || !call.is_same_call(program_.calls[position - 1])) {
      call_name_ = shape.is_single() ? name : "r" + std::to_string(position);
      const std::string list = joined(call.operands, [&](int value) { return operand(value); });
      const std::string operands = call.op->operand_count < 0 ? "{" + list + "}" : list;
      // Typed, as some functions have several forms.
      const std::string attributes = joined(call.attrs, [](const ops::Attr &attr) {
        const bool is_list = std::holds_alternative<std::vector<int64_t>>(attr);
        return (is_list ? "std::vector<int64_t>" : "") + attr_text(attr);
      });
      out_ << (shape.is_single() ? "const Tensor " : "const auto ") << call_name_ << " = " << call.op->name << "("
           << (shape.attributes_first ? attributes : operands) << (operands.empty() || attributes.empty() ? "" : ", ")
           << (shape.attributes_first ? operands : attributes) << ");\n";
      if (shape.is_single())
        return;
      out_ << "    ";
    }
    const size_t result = static_cast<size_t>(call.result);
    out_ << "const Tensor " << name << " = " << call_name_
         << (shape.is_single()    ? ""
             : shape.returns_list ? "[" + std::to_string(result) + "]"
                                  : "." + shape.members.at(result))
         << ";\n";
  }

  const Program &program_;
  const Shown shown_;
  std::string call_name_;          // of the last function's results
  std::vector<std::string> names_; // by value
  std::ostringstream out_;
};

} // namespace

std::string cpp_of(const Program &program, const Shown &shown) { return Printer(program, shown).text(); }

} // namespace etch::test
