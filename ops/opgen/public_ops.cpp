// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The public functions: declarations with documentation, and definitions that call the thread's Dispatcher.
#include "ops/opgen/op_record.h"

#include <mlir/TableGen/GenInfo.h>

#include <algorithm>
#include <sstream>

namespace etch::opgen {
namespace {

// The argument that carries the user's source location, if any does.
std::string location_source(const OpRecord &op) {
  if (op.operand_pack)
    return op.attrs[0].name;
  if (!op.variadic && !op.operands.empty())
    return op.operands[0];
  for (const AttrRecord &attr : op.attrs)
    if (attr.kind == "scalar")
      return attr.name;
  return "";
}

/// The struct that a function of several named results returns: TopKResult for top_k.
std::string result_struct(const OpRecord &op) {
  std::string name;
  bool starts_word = true;
  for (const char c : op.name) {
    if (c != '_')
      name += starts_word ? llvm::toUpper(c) : c;
    starts_word = c == '_';
  }
  return name + "Result";
}

std::string return_type(const OpRecord &op) {
  if (op.returns_list)
    return "std::vector<Tensor>";
  return !op.results.empty() ? result_struct(op) : op.has_result ? "Tensor" : "void";
}

std::string parameters(const OpRecord &op, bool declaration) {
  std::vector<std::string> result;
  if (op.variadic)
    result.push_back("const std::vector<Tensor> &" + op.operands[0]);
  else
    for (const std::string &name : op.operands)
      result.push_back("const Operand &" + name);
  for (const AttrRecord &attr : op.attrs) {
    const std::string space = attr.type.back() == '&' ? "" : " ";
    const std::string value = declaration && !attr.default_text.empty() ? " = " + attr.default_text : "";
    result.push_back(attr.type + space + attr.name + value);
  }
  if (op.bit("attrsFirst"))
    std::rotate(result.begin(), result.end() - static_cast<std::ptrdiff_t>(op.attrs.size()), result.end());
  if (location_source(op).empty())
    result.push_back(std::string("Location location") + (declaration ? " = Location::current()" : ""));
  return joined(result);
}

std::string dtype_list(const std::vector<std::string> &dtypes) {
  std::string text;
  for (size_t i = 0; i < dtypes.size(); ++i)
    text += (i == 0 ? "" : i + 1 == dtypes.size() ? " or " : ", ") + dtypes[i];
  return text;
}

void write_comment(llvm::raw_ostream &out, const OpRecord &op) {
  std::string text = op.summary + ".";
  if (!op.description.empty())
    text += " " + op.description;
  if (!op.operand_dtypes.empty())
    text += " Takes " + dtype_list(op.operand_dtypes[static_cast<size_t>(op.key_operand())]) + ".";
  std::istringstream words(text);
  std::string line = "///", word;
  while (words >> word) {
    if (line.size() + 1 + word.size() > 120) {
      out << line << "\n";
      line = "///";
    }
    line += " " + word;
  }
  out << line << "\n";
}

/// void print(Format format, const Values &...values), with a leading operand before the format where there is one.
void write_pack(llvm::raw_ostream &out, const OpRecord &op) {
  const std::string at = ", at.file, at.function, at.line)", &leading = op.leading_operand;
  const std::string text = op.attrs[0].name;
  out << "template <" << (leading.empty() ? "" : "class Leading, ") << "class... Values>\nvoid " << op.name << "("
      << (leading.empty() ? "" : "const Leading &" + leading + ", ") << "Format " << text << ", const Values &..."
      << op.operands[0] << ") {\n  const auto &at = " << text << ".location;\n  detail::" << op.name << "(" << text
      << ", {" << (leading.empty() ? "" : "Operand(" + leading + at + ", ") << "Operand(" << op.operands[0] << at
      << "...});\n}\n";
}

void write_declaration(llvm::raw_ostream &out, const OpRecord &op) {
  if (!op.results.empty())
    out << "/// What " << op.name << " returns.\nstruct " << result_struct(op) << " {\n  Tensor " << joined(op.results)
        << ";\n};\n\n";
  write_comment(out, op);
  if (op.operand_pack) {
    write_pack(out, op);
    return;
  }
  out << return_type(op) << " " << op.name << "(" << parameters(op, true) << ");\n";
  if (!op.cpp_operator.empty()) {
    std::vector<std::string> operands;
    for (const std::string &name : op.operands)
      operands.push_back("const Operand &" + name);
    out << "inline Tensor operator" << op.cpp_operator << "(" << joined(operands) << ") { return " << op.name << "("
        << joined(op.operands) << "); }\n";
  }
}

constexpr const char *kPreamble = R"(#pragma once

#include <etch/detail/operand.h>

#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

/// The operations. Each runs at once, or is recorded while a function is traced. Arguments that are not understood,
/// shapes that do not fit and dtypes an operation does not take throw etch::Error naming the rule, the values and the
/// caller's line. Shapes broadcast as in NumPy; integers wrap; results do not depend on threads or processor.
namespace etch {

/// For the keep_dims parameter of reductions: reduce_sum(x, {-1}, keep_dims).
inline constexpr bool keep_dims = true;

/// Dimensions of a result: {2, x.dim(0)}, a Shape or a vector.
class Extents {
public:
  Extents(std::initializer_list<Dim> dims) : dims_(dims) {}
  Extents(const std::vector<Dim> &dims) : dims_(dims) {}
  Extents(const std::vector<int64_t> &dims) : dims_(dims.begin(), dims.end()) {}
  Extents(const Shape &shape) {
    for (int axis = 0; axis < shape.rank(); ++axis)
      dims_.push_back(shape.dim(axis));
  }

  const std::vector<Dim> &dims() const { return dims_; }

private:
  std::vector<Dim> dims_;
};

/// The text of a print together with its place in the user's source.
struct Format {
  Format(const char *text, Location location = Location::current()) : text(text), location(location) {}
  Format(std::string_view text, Location location = Location::current()) : text(text), location(location) {}
  Format(const std::string &text, Location location = Location::current()) : text(text), location(location) {}

  std::string_view text;
  Location location;
};

)";

/// Ops and functions that have a public function.
std::vector<OpRecord> read_public(const llvm::RecordKeeper &keeper) {
  std::vector<OpRecord> found = read_ops(keeper), functions = read_functions(keeper);
  std::erase_if(found, [](const OpRecord &op) { return !op.is_public; });
  found.insert(found.end(), functions.begin(), functions.end());
  return found;
}

bool write_header(const llvm::RecordKeeper &keeper, llvm::raw_ostream &out, bool test_only) {
  out << generated_banner() << (test_only ? "#pragma once\n\n#include <etch/ops.h>\n\nnamespace etch {\n" : kPreamble);
  const auto ops = read_public(keeper);
  const auto wanted = [&](const OpRecord &op) { return op.test_only == test_only; };
  if (std::any_of(ops.begin(), ops.end(), [&](const OpRecord &op) { return wanted(op) && op.operand_pack; })) {
    out << "namespace detail {\n";
    for (const OpRecord &op : ops)
      if (wanted(op) && op.operand_pack)
        out << "void " << op.name << "(const Format &" << op.attrs[0].name << ", std::initializer_list<Operand> "
            << op.operands[0] << ");\n";
    out << "} // namespace detail\n\n";
  }
  for (const OpRecord &op : ops) {
    if (!wanted(op))
      continue;
    write_declaration(out, op);
    out << "\n";
  }
  out << "} // namespace etch\n";
  return false;
}

/// C++ for the user's source location.
std::string location_text(const OpRecord &op) {
  const std::string source = location_source(op);
  if (source.empty())
    return "location";
  return op.operand_pack ? op.attrs[0].name + ".location" : source + ".location()";
}

std::string attr_value(const OpRecord &op, size_t index) {
  const AttrRecord &attr = op.attrs[index];
  if (attr.kind == "dims")
    return "call_dims(op, " + attr.name + ".dims(), " + location_text(op) + ")";
  if (attr.kind == "dim")
    return "call_dim(op, " + attr.name + ", " + location_text(op) + ")";
  if (attr.kind == "string")
    return "std::string(" + attr.name + (op.operand_pack ? ".text)" : ")");
  if (llvm::StringRef(attr.type).contains("Pairs"))
    return "flat(" + attr.name + ")";
  if (attr.kind != "scalar")
    return attr.name;
  const int dtype = op.literal_dtype_attr(), key = op.key_operand();
  const std::string adopted = dtype >= 0 ? ", " + op.attrs[static_cast<size_t>(dtype)].name
                              : key >= 0 ? ", call_dtype(" + op.operands[static_cast<size_t>(key)] + ")"
                                         : "";
  const std::string help = op.text("openHelp");
  const std::string remedy = help.empty() ? "" : (adopted.empty() ? ", std::nullopt, " : ", ") + quoted(help);
  return "call_scalar(op, " + quoted(attr.name) + ", " + attr.name + adopted + remedy + ")";
}

/// For numbers that are open extents.
void write_open_form(llvm::raw_ostream &out, const OpRecord &op) {
  if (op.text("openForm").empty())
    return;
  std::vector<std::string> numbers;
  for (const AttrRecord &attr : op.attrs)
    if (attr.kind == "scalar")
      numbers.push_back(attr.name + ".open_dim()");
  out << "  if (";
  for (size_t i = 0; i < numbers.size(); ++i)
    out << (i ? " || " : "") << numbers[i];
  out << ") [[unlikely]] {\n    const Location at = " << location_text(op) << ";\n    " << op.text("openForm")
      << "\n  }\n";
}

void write_definition(llvm::raw_ostream &out, const OpRecord &op) {
  if (op.operand_pack)
    out << "void detail::" << op.name << "(const Format &" << op.attrs[0].name << ", std::initializer_list<Operand> "
        << op.operands[0] << ") {\n";
  else
    out << return_type(op) << " " << op.name << "(" << parameters(op, false) << ") {\n";
  out << "  const ops::OpDef &op = ops::" << (op.is("function") ? "functions" : "registry") << "()[" << op.index
      << "];\n";
  write_open_form(out, op);
  if (op.attrs.empty()) {
    out << "  static const ops::Attrs attrs;\n";
  } else {
    out << "  const ops::Attrs attrs{";
    for (size_t i = 0; i < op.attrs.size(); ++i)
      out << (i ? ", " : "") << attr_value(op, i);
    out << "};\n";
  }
  if (!op.variadic) {
    std::vector<std::string> addresses;
    for (const std::string &name : op.operands)
      addresses.push_back("&" + name);
    out << "  const std::array<const Operand *, " << op.operands.size() << "> operands{" << joined(addresses) << "};\n";
  }
  const std::string arguments =
      "(op, " + (op.variadic ? op.operands[0] : "operands") + ", attrs, " + location_text(op) + ")";
  if (!op.is("function")) {
    out << (op.has_result ? "  return call_op" : "  call_effect") << arguments << ";\n}\n\n";
    return;
  }
  if (op.results.empty()) {
    out << "  return call_function" << arguments << (op.returns_list ? "" : ".at(0)") << ";\n}\n\n";
    return;
  }
  std::vector<std::string> members;
  for (size_t i = 0; i < op.results.size(); ++i)
    members.push_back("std::move(results.at(" + std::to_string(i) + "))");
  out << "  std::vector<Tensor> results = call_function" << arguments << ";\n  return {" << joined(members)
      << "};\n}\n\n";
}

bool write_definitions(const llvm::RecordKeeper &keeper, llvm::raw_ostream &out) {
  const auto ops = read_public(keeper);
  const bool with_tests = std::any_of(ops.begin(), ops.end(), [](const OpRecord &op) { return op.test_only; });
  out << generated_banner() << "#include \"runtime/public_call.h\"\n\n#include <etch/ops.h>\n"
      << (with_tests ? "#include \"tests/test_ops.h\"\n" : "") << "\nnamespace etch {\nusing namespace runtime;\n\n";
  for (const OpRecord &op : ops)
    write_definition(out, op);
  out << "} // namespace etch\n";
  return false;
}

const mlir::GenRegistration kHeader("public-ops", "etch/ops.h",
                                    [](const llvm::RecordKeeper &keeper, llvm::raw_ostream &out) {
                                      return write_header(keeper, out, false);
                                    });
const mlir::GenRegistration kTestHeader("test-ops", "public functions of the ops that only tests have",
                                        [](const llvm::RecordKeeper &keeper, llvm::raw_ostream &out) {
                                          return write_header(keeper, out, true);
                                        });
const mlir::GenRegistration kDefinitions("public-ops-impl", "definitions of the public functions", write_definitions);

} // namespace
} // namespace etch::opgen
