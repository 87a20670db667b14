// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registry rows, with the shape and movement rules they point to.
#include "ops/opgen/op_record.h"

#include <mlir/TableGen/GenInfo.h>

namespace etch::opgen {
namespace {

// Operand types and attributes under their record names.
void write_named_values(Writer &out, const OpRecord &op) {
  for (size_t i = 0; i < op.operands.size(); ++i) {
    if (op.variadic)
      out << "  [[maybe_unused]] const std::span<const TensorType> " << op.operands[i] << " = call.types;\n";
    else
      out << "  [[maybe_unused]] const TensorType &" << op.operands[i] << " = call.types[" << i << "];\n";
  }
  for (size_t i = 0; i < op.attrs.size(); ++i)
    out << "  [[maybe_unused]] const " << op.attrs[i].stored_type() << " &" << op.attrs[i].name << " = std::get<"
        << op.attrs[i].stored_type() << ">(call.attrs[" << i << "]);\n";
}

void write_shape_rule(Writer &out, const OpRecord &op) {
  if (op.is("function")) {
    out << "std::vector<TensorType> infer_" << op.identifier() << "([[maybe_unused]] const InferCall &call) {\n";
    write_named_values(out, op);
    if (!op.text("check").empty())
      out.record_text(op, "check", "  ", "");
    out << "  return {};\n}\n";
    return;
  }
  if (op.is("composite")) {
    if (op.text("check").empty())
      return;
    out << "std::vector<TensorType> infer_" << op.name << "(const InferCall &call) {\n";
    write_named_values(out, op);
    out.record_text(op, "check", "  ", "");
    out << "  return rules::composite(call);\n}\n";
    return;
  }
  if (op.text("shape").empty())
    return;
  out << (op.is("opaque") ? "std::vector<TensorType>" : "Dims") << " shape_" << op.name
      << "(const InferCall &call) {\n";
  write_named_values(out, op);
  out.record_text(op, "shape", "  ", "");
  out << "}\n";
}

void write_movement_rule(Writer &out, const OpRecord &op) {
  if (op.text("index").empty())
    return;
  out << "std::optional<IndexMap> move_" << op.name
      << "([[maybe_unused]] const IndexMap &source, [[maybe_unused]] const TensorType &result, [[maybe_unused]] const "
         "Attrs &attrs) {\n";
  for (size_t i = 0; i < op.attrs.size(); ++i)
    out << "  [[maybe_unused]] const " << op.attrs[i].stored_type() << " &" << op.attrs[i].name << " = std::get<"
        << op.attrs[i].stored_type() << ">(attrs[" << i << "]);\n";
  out.record_text(op, "index", "  return ", ";");
  out << "}\n";
}

void write_operation_count(Writer &out, const OpRecord &op) {
  if (op.text("operations").empty())
    return;
  out << "Dim operations_" << op.name
      << "([[maybe_unused]] const InferCall &call, [[maybe_unused]] const TensorType &result) {\n";
  write_named_values(out, op);
  out.record_text(op, "operations", "  return ", ";");
  out << "}\n";
}

/// operation_count(), a look-up by index.
void write_operation_counts(Writer &out, const std::vector<OpRecord> &ops) {
  out << "\nconstexpr Dim (*kOperations[])(const InferCall &, const TensorType &) = {\n";
  for (const OpRecord &op : ops)
    out << "    " << (op.text("operations").empty() ? "nullptr" : "operations_" + op.name) << ",\n";
  out << "};\n\n";
}

std::string table_name(const char *table, const OpRecord &op) { return std::string(table) + "_" + op.identifier(); }

void write_tables(Writer &out, const OpRecord &op) {
  if (!op.operands.empty()) {
    out << "constexpr const char *" << table_name("operands", op) << "[] = {";
    for (const std::string &name : op.operands)
      out << quoted(name) << ", ";
    out << "};\nconstexpr uint16_t " << table_name("dtypes", op) << "[] = {";
    for (const auto &dtypes : op.operand_dtypes)
      out << mask(dtypes) << ", ";
    out << "};\n";
  }
  for (const AttrRecord &attr : op.attrs) {
    if (attr.choices.empty())
      continue;
    out << "constexpr const char *" << table_name("choices", op) << "_" << attr.name << "[] = {";
    for (const std::string &choice : attr.choices)
      out << quoted(choice) << ", ";
    out << "};\n";
  }
  if (!op.attrs.empty()) {
    out << "constexpr AttrDef " << table_name("attrs", op) << "[] = {";
    for (const AttrRecord &attr : op.attrs)
      out << "{" << quoted(attr.name) << ", AttrKind::" << attr.kind << ", " << mask(attr.dtypes) << ", "
          << (attr.in_text ? "true" : "false") << ", "
          << (attr.choices.empty() ? "{}" : table_name("choices", op) + "_" + attr.name) << ", "
          << quoted(attr.default_text) << "}, ";
    out << "};\n";
  }
}

std::string infer_rule(const OpRecord &op) {
  if (op.is("function"))
    return "infer_" + op.identifier();
  if (op.is("opaque"))
    return "shape_" + op.name;
  if (op.is("composite") && !op.text("check").empty())
    return "infer_" + op.name;
  return "rules::" + op.op_class;
}

std::string number_or_zero(const std::string &text) { return text.empty() ? "0" : text; }

void write_row(Writer &out, const OpRecord &op) {
  const bool has_dims = !op.text("shape").empty() && !op.is("opaque");
  const char *result_dtype = op.result == "same" ? "same" : op.result == "bool" ? "boolean" : "attribute";
  out << "    {.name = " << quoted(op.name) << ",\n     .summary = " << quoted(op.summary)
      << ",\n     .since = " << quoted(op.text("since")) << ",\n     .index = " << op.index
      << ",\n     .op_class = OpClass::" << (op.is("function") ? "composite" : op.op_class)
      << ",\n     .effect = Effect::" << op.effect << ",\n     .test_only = " << (op.test_only ? "true" : "false")
      << ",\n     .operand_count = " << (op.variadic ? -1 : static_cast<int>(op.operands.size()))
      << ",\n     .result_count = " << (op.has_result && !op.is("function") ? 1 : 0)
      << ",\n     .widens = " << (op.bit("widens") ? "true" : "false")
      << ",\n     .operand_names = " << (op.operands.empty() ? "{}" : table_name("operands", op))
      << ",\n     .attrs = " << (op.attrs.empty() ? "{}" : table_name("attrs", op))
      << ",\n     .operand_dtypes = " << (op.operands.empty() ? "{}" : table_name("dtypes", op))
      << ",\n     .same_dtypes = " << (op.same_dtypes ? "true" : "false")
      << ",\n     .key_operand = " << op.key_operand() << ",\n     .result_dtype = ResultDType::" << result_dtype
      << ",\n     .dtype_attr = " << op.dtype_attr() << ",\n     .infer = " << infer_rule(op)
      << ",\n     .dims = " << (has_dims ? "shape_" + op.name : "nullptr")
      << ",\n     .uses_position = " << (op.bit("usesPosition") ? "true" : "false")
      << ",\n     .converts = " << (op.bit("converts") ? "true" : "false")
      << ",\n     .is_math_text = " << (op.bit("mathText") ? "true" : "false")
      << ",\n     .integer_check = " << quoted(op.text("integerCheck"))
      << ",\n     .einsum = " << quoted(op.text("einsum"))
      << ",\n     .mismatch_help = " << quoted(op.text("mismatchHelp"))
      << ",\n     .init = " << number_or_zero(op.text("init"))
      << ",\n     .empty = " << number_or_zero(op.text("empty"))
      << ",\n     .movement = " << (op.text("index").empty() ? "nullptr" : "move_" + op.name)
      << ",\n     .may_fail = " << (op.bit("mayFail") ? "true" : "false")
      << ",\n     .update = " << quoted(op.text("update")) << ",\n     .vjp = " << quoted(op.text("vjp")) << "},\n";
}

bool write_registry(const llvm::RecordKeeper &keeper, llvm::raw_ostream &stream) {
  Writer out("registry.cpp");
  out << generated_banner()
      << "#include \"ops/operation_count.h\"\n#include \"ops/rules.h\"\n\n#include <limits>\n\nnamespace etch::ops "
         "{\nstd::span<const OpDef> "
         "registry_rows();\n"
         "namespace {\n\n";
  const std::pair<const char *, std::vector<OpRecord>> tables[] = {{"kRows", read_ops(keeper)},
                                                                   {"kFunctionRows", read_functions(keeper)}};
  for (const auto &[name, ops] : tables) {
    for (const OpRecord &op : ops) {
      write_shape_rule(out, op);
      write_movement_rule(out, op);
      write_operation_count(out, op);
      write_tables(out, op);
    }
    out << "\nconstinit const OpDef " << name << "[] = {\n";
    for (const OpRecord &op : ops)
      write_row(out, op);
    out << "};\n\n";
  }
  write_operation_counts(out, tables[0].second);
  out << "} // namespace\n\nstd::span<const OpDef> registry_rows() { return kRows; }\n"
         "std::span<const OpDef> functions() { return kFunctionRows; }\n"
         "Dim operation_count(const InferCall &call, const TensorType &result) {\n"
         "  const auto count = kOperations[call.op.index];\n"
         "  return count ? count(call, result) : Dim(0);\n}\n\n} // namespace etch::ops\n";
  stream << out.text();
  return false;
}

const mlir::GenRegistration kRegistry("registry", "rows of the op registry with their rules", write_registry);

} // namespace
} // namespace etch::opgen
