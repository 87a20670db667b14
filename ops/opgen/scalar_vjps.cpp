// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The vjp texts of elementwise ops over numbers, where finite differences can check them.
#include "ops/opgen/op_record.h"

#include <mlir/TableGen/GenInfo.h>

#include <algorithm>

namespace etch::opgen {
namespace {

// Numbers among the attributes take their defaults.
bool is_checked(const OpRecord &op) {
  return op.is("elementwise") && !op.bit("converts") && !op.text("vjp").empty() && op.has_scalar_defaults();
}

void write_function(llvm::raw_ostream &out, const OpRecord &op, size_t operand, const std::string &text) {
  std::vector<std::string> types{"class X"}, parameters;
  for (size_t i = 0; i < op.operands.size(); ++i) {
    const std::string type = op.bool_by_definition(i) ? "Mask" : "X";
    if (op.bool_by_definition(i))
      types.push_back("class Mask");
    parameters.push_back("[[maybe_unused]] const " + type + " &" + op.operands[i]);
  }
  for (const std::string &name : op.scalar_attrs())
    parameters.push_back("[[maybe_unused]] const X &" + name);
  out << "template <" << joined(types) << ">\nX " << op.name << "_vjp_" << op.operands[operand] << "("
      << joined(parameters) << ", [[maybe_unused]] const X &y, [[maybe_unused]] const X &dy) {\n  return " << text
      << ";\n}\n";
}

std::vector<std::string> arguments(const OpRecord &op) {
  std::vector<std::string> result;
  for (size_t i = 0; i < op.operands.size(); ++i)
    result.push_back("x[" + std::to_string(i) + "]" + (op.bool_by_definition(i) ? " != 0.0" : ""));
  for (const AttrRecord &attr : op.attrs)
    if (attr.in_text)
      result.push_back("X(" + attr.default_text + ")");
  return result;
}

bool write_scalar_vjps(const llvm::RecordKeeper &keeper, llvm::raw_ostream &out) {
  const auto ops = read_ops(keeper);
  out << generated_banner() << "#pragma once\n\n#include \"ops/scalar_text.h\"\n\nnamespace etch::text {\n\n";
  std::string values, vjps;
  for (const OpRecord &op : ops) {
    if (!is_checked(op))
      continue;
    values += "  case " + std::to_string(op.index) + ": return " + op.name + "(" + joined(arguments(op)) + ");\n";
    const auto parts = op.vjp_parts();
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].empty())
        continue;
      write_function(out, op, i, parts[i]);
      vjps += "  case " + std::to_string(op.index * 8 + static_cast<int>(i)) + ": return " + op.name + "_vjp_" +
              op.operands[i] + "(" + joined(arguments(op)) + ", y, dy);\n";
    }
  }
  out << "\n/// An elementwise op with derivative at a point; bool operands are numbers here.\n"
         "template <class X>\nX differentiable_value(int op_index, const X *x) {\n  switch (op_index) {\n"
      << values << "  }\n  return X(0.0);\n}\n\n"
      << "/// The derivative by operand number `operand` times dy.\n"
         "template <class X>\nX derivative(int op_index, int operand, const X *x, const X &y, const X &dy) {\n  switch "
         "(op_index "
         "* 8 + operand) {\n"
      << vjps << "  }\n  return X(0.0);\n}\n\n} // namespace etch::text\n";
  return false;
}

const mlir::GenRegistration kScalarVjps("scalar-vjps", "the vjp texts of elementwise ops over numbers",
                                        write_scalar_vjps);

} // namespace
} // namespace etch::opgen
