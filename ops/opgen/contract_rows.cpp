// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tests and the runtime enumerate: public functions, goldens, references, hooks of opaque ops.
#include "ops/opgen/op_record.h"

#include <mlir/TableGen/GenInfo.h>

namespace etch::opgen {
namespace {

constexpr const char *kRows[] = {"ETCH_CONTRACT(op_index, name, op_class)",
                                 "ETCH_PUBLIC(op_index)",
                                 "ETCH_PAIRS(op_index, attribute)",
                                 "ETCH_GOLDEN(op_index, text)",
                                 "ETCH_SAMPLE(op_index, text)",
                                 "ETCH_REFERENCE(op_index, text, scale)",
                                 "ETCH_FUNCTION(function_index, returns_list, members, attributes_first)",
                                 "ETCH_FUNCTION_GOLDEN(function_index, text)",
                                 "ETCH_FUNCTION_SAMPLE(function_index, text)",
                                 "ETCH_FUNCTION_REFERENCE(function_index, text, scale)"};

void write_texts(llvm::raw_ostream &out, const OpRecord &op, const char *macro, llvm::StringRef field) {
  for (const std::string &text : op.strings(field))
    out << macro << "(" << op.index << ", " << quoted(text) << ")\n";
}

/// An op that users can call has a row even where it states no reference, so that a test can complain.
void write_reference(llvm::raw_ostream &out, const OpRecord &op, const char *macro) {
  const std::string text = op.text("reference");
  if (op.has_result && (op.is_public || !text.empty()))
    out << macro << "(" << op.index << ", " << quoted(text) << ", " << quoted(op.text("referenceScale")) << ")\n";
}

/// How etch::<name> is called, where that is not what the registry says.
void write_call(llvm::raw_ostream &out, const OpRecord &op) {
  if (op.is("function")) {
    out << "ETCH_FUNCTION(" << op.index << ", " << (op.returns_list ? "true" : "false") << ", "
        << quoted(joined(op.results, ",")) << ", " << (op.bit("attrsFirst") ? "true" : "false") << ")\n";
    return;
  }
  if (op.is_public)
    out << "ETCH_PUBLIC(" << op.index << ")\n";
  for (size_t i = 0; i < op.attrs.size(); ++i)
    if (llvm::StringRef(op.attrs[i].type).contains("Pairs"))
      out << "ETCH_PAIRS(" << op.index << ", " << i << ")\n";
}

bool write_contract_rows(const llvm::RecordKeeper &keeper, llvm::raw_ostream &out) {
  out << generated_banner() << "// A user defines what it wants of these.\n";
  for (const llvm::StringRef row : kRows)
    out << "#ifndef " << row.split('(').first << "\n#define " << row << "\n#endif\n";
  for (const OpRecord &op : read_ops(keeper)) {
    out << "ETCH_CONTRACT(" << op.index << ", " << op.name << ", " << op.op_class << ")\n";
    write_call(out, op);
    write_texts(out, op, "ETCH_GOLDEN", "golden");
    write_texts(out, op, "ETCH_SAMPLE", "sample");
    write_reference(out, op, "ETCH_REFERENCE");
  }
  for (const OpRecord &op : read_functions(keeper)) {
    write_call(out, op);
    write_texts(out, op, "ETCH_FUNCTION_GOLDEN", "golden");
    write_texts(out, op, "ETCH_FUNCTION_SAMPLE", "sample");
    write_reference(out, op, "ETCH_FUNCTION_REFERENCE");
  }
  for (const llvm::StringRef row : kRows)
    out << "#undef " << row.split('(').first << "\n";
  return false;
}

bool write_hooks(const llvm::RecordKeeper &keeper, llvm::raw_ostream &out) {
  out << generated_banner() << "#include \"runtime/opaque.h\"\n\nnamespace etch::runtime {\n\nnamespace hooks {\n";
  std::string cases;
  for (const OpRecord &op : read_ops(keeper)) {
    if (!op.is("opaque") || llvm::StringRef(op.effect).ends_with("variable"))
      continue;
    out << "void " << op.name << "(const OpaqueCall &call);\n";
    cases += "  case " + std::to_string(op.index) + ":\n    return hooks::" + op.name + ";\n";
  }
  out << "} // namespace hooks\n\nOpaqueHook opaque_hook(const ops::OpDef &op) {\n  switch (op.index) {\n"
      << cases << "  default:\n    return nullptr;\n  }\n}\n\n} // namespace etch::runtime\n";
  return false;
}

const mlir::GenRegistration kContractRows("contract-rows", "one row per op and golden", write_contract_rows);
const mlir::GenRegistration kHooks("hooks", "runtime::opaque_hook", write_hooks);

} // namespace
} // namespace etch::opgen
