// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The scalar text and what is instantiated from it: eager loop rows and the builders of kernel bodies.
#include "ops/opgen/op_record.h"

#include <mlir/TableGen/GenInfo.h>

#include <set>

namespace etch::opgen {
namespace {

// Parameters of an Elementwise text: operands, scalar attributes, position.
std::vector<std::string> text_parameters(const OpRecord &op) {
  std::vector<std::string> names = op.operands;
  for (const std::string &name : op.scalar_attrs())
    names.push_back(name);
  if (op.bit("usesPosition"))
    names.push_back("position");
  return names;
}

bool has_text(const OpRecord &op) { return op.is("elementwise") && !op.bit("converts"); }

void write_function(Writer &out, const OpRecord &op) {
  std::vector<std::string> types, parameters;
  const bool one_type = op.bit("primitive");
  for (const std::string &name : text_parameters(op)) {
    const std::string type = one_type ? "X" : "X" + std::to_string(parameters.size());
    if (!one_type || types.empty())
      types.push_back("class " + type);
    parameters.push_back("[[maybe_unused]] const " + type + " &" + name);
  }
  out << "template <" << joined(types) << ">\nauto " << op.name << "(" << joined(parameters) << ") {\n";
  out.record_text(op, "value", "  return ", ";");
  out << "}\n";
}

void write_reduction(Writer &out, const OpRecord &op) {
  out << "template <class E>\nconstexpr E " << op.name << "_init() { return saturated<E>(" << op.text("init")
      << "); }\n"
      << "template <class E>\nconstexpr E " << op.name << "_empty() { return saturated<E>(" << op.text("empty")
      << "); }\n"
      << "template <class X>\nauto " << op.name << "_combine(const X &a, const X &b) {\n";
  out.record_text(op, "combine", "  return ", ";");
  out << "}\n";
}

bool write_scalar_text(const llvm::RecordKeeper &keeper, llvm::raw_ostream &stream) {
  const auto ops = read_ops(keeper);
  std::set<std::string> headers;
  for (const OpRecord &op : ops)
    if (!op.text("header").empty())
      headers.insert(op.text("header"));
  Writer out("scalar_text.h");
  out << generated_banner() << "#pragma once\n\n#include \"ops/saturated.h\"\n";
  for (const std::string &header : headers)
    out << "#include \"" << header << "\"\n";
  out << "\n#include <limits>\n\n// One text, many readings: the type of the operands picks the meaning.\nnamespace "
         "etch::text {\n";
  for (const OpRecord &op : ops) {
    if (has_text(op) && op.text("header").empty())
      write_function(out, op);
    if (op.is("reduction"))
      write_reduction(out, op);
  }
  out << "\n} // namespace etch::text\n";
  stream << out.text();
  return false;
}

bool write_eager_rows(const llvm::RecordKeeper &keeper, llvm::raw_ostream &stream) {
  stream << generated_banner()
         << "// ETCH_LOOP(op_index, name, key_dtype, Out, In...)   ETCH_REDUCE(op_index, name, key_dtype, Element)\n"
            "// ETCH_TEXT(name): once per op with loops. ETCH_IN_SHARD(op_index) says which are wanted.\n";
  for (const OpRecord &op : read_ops(keeper)) {
    stream << "#if ETCH_IN_SHARD(" << op.index << ")\n";
    if (has_text(op))
      stream << "ETCH_TEXT(" << op.name << ")\n";
    for (const std::string &dtype :
         (has_text(op) || op.is("reduction")) ? op.key_dtypes() : std::vector<std::string>()) {
      if (op.bit("widens") && (dtype == "f16" || dtype == "bf16"))
        continue;
      const std::string element = cpp_type(dtype);
      stream << (op.is("reduction") ? "ETCH_REDUCE(" : "ETCH_LOOP(") << op.index << ", " << op.name << ", "
             << enumerator(dtype) << ", ";
      if (op.is("reduction")) {
        stream << element << ")\n";
        continue;
      }
      std::vector<std::string> types{op.result == "bool" ? "bool" : element};
      for (size_t i = 0; i < text_parameters(op).size(); ++i)
        types.push_back(i < op.operands.size() && op.bool_by_definition(i) ? "bool" : element);
      stream << joined(types) << ")\n";
    }
    stream << "#endif\n";
  }
  return false;
}

// The functions of docs/accuracy.md: public ops of one or two floats whose text approximates.
bool is_measured(const OpRecord &op) {
  return op.bit("mathText") && op.is_public && !op.test_only && op.operands.size() <= 2 && op.has_scalar_defaults();
}

bool write_measured_rows(const llvm::RecordKeeper &keeper, llvm::raw_ostream &stream) {
  stream << generated_banner()
         << "// ETCH_FUNCTION(op_index, name, dtype, operand_count[, default of an attribute]...)\n";
  for (const OpRecord &op : read_ops(keeper)) {
    if (!is_measured(op))
      continue;
    for (const std::string &dtype : op.key_dtypes()) {
      if (dtype != "f32" && dtype != "f64") // halves round what f32 gives
        continue;
      stream << "ETCH_FUNCTION(" << op.index << ", " << op.name << ", " << enumerator(dtype) << ", "
             << op.operands.size();
      for (const AttrRecord &attr : op.attrs)
        if (attr.in_text)
          stream << ", " << attr.default_text;
      stream << ")\n";
    }
  }
  return false;
}

bool write_scalar_builders(const llvm::RecordKeeper &keeper, llvm::raw_ostream &stream) {
  const auto ops = read_ops(keeper);
  stream << generated_banner()
         << "// Included inside a namespace that sees a reading X and etch::text.\n"
            "template <class X>\nX build_elementwise(int op_index, std::span<const X> x) {\n  switch (op_index) {\n";
  for (const OpRecord &op : ops) {
    if (!has_text(op))
      continue;
    std::vector<std::string> arguments;
    for (size_t i = 0; i < text_parameters(op).size(); ++i)
      arguments.push_back("x[" + std::to_string(i) + "]");
    stream << "  case " << op.index << ": return text::" << op.name << "(" << joined(arguments) << ");\n";
  }
  stream << "  }\n  throw InternalError(\"no scalar text for op number \" + std::to_string(op_index));\n}\n\n"
            "template <class X>\nX build_combine(int op_index, const X &a, const X &b) {\n  switch (op_index) {\n";
  for (const OpRecord &op : ops)
    if (op.is("reduction"))
      stream << "  case " << op.index << ": return text::" << op.name << "_combine(a, b);\n";
  stream << "  }\n  throw InternalError(\"no reduction with number \" + std::to_string(op_index));\n}\n";
  return false;
}

const mlir::GenRegistration kText("scalar-text", "the value texts as function templates", write_scalar_text);
const mlir::GenRegistration kRows("eager-rows", "one macro row per eager loop and dtype", write_eager_rows);
const mlir::GenRegistration kMeasured("measured-rows", "one macro row per function and dtype of docs/accuracy.md",
                                      write_measured_rows);
const mlir::GenRegistration kBuilders("scalar-builders", "the value texts by op index", write_scalar_builders);

} // namespace
} // namespace etch::opgen
