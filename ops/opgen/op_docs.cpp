// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// docs/ops.md.
#include "ops/opgen/op_record.h"

#include <mlir/TableGen/GenInfo.h>

#include <sstream>

namespace etch::opgen {
namespace {

constexpr const char *kExampleTensors = "Tensor x = etch::ones({2, 3}), y;\n"
                                        "Tensor a = etch::ones({2, 2}), b = etch::zeros({2, 2});\n"
                                        "Tensor logits = x, labels = etch::zeros({2}, etch::DType::i32);\n"
                                        "Tensor params = x, indices = labels;\n";

std::string signature(const OpRecord &op) {
  std::vector<std::string> parts;
  for (const std::string &name : op.operands)
    parts.push_back(op.variadic ? (op.operand_pack ? name + "…" : "{" + name + "…}") : name);
  std::vector<std::string> attrs;
  for (const AttrRecord &attr : op.attrs)
    attrs.push_back(attr.name + (attr.default_text.empty() ? "" : " = " + attr.default_text));
  const bool attrs_first = op.operand_pack || op.bit("attrsFirst");
  parts.insert(attrs_first ? parts.begin() : parts.end(), attrs.begin(), attrs.end());
  if (!op.leading_operand.empty())
    parts.insert(parts.begin(), op.leading_operand);
  return op.name + "(" + joined(parts) + ")";
}

std::string unwrapped(const std::string &text) {
  std::istringstream words(text);
  std::string line, word;
  while (words >> word)
    line += (line.empty() ? "" : " ") + word;
  return line;
}

std::string dtypes(const OpRecord &op) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < op.operands.size(); ++i)
    if (!op.same_dtypes || i == static_cast<size_t>(op.key_operand()) || op.bool_by_definition(i))
      parts.push_back(
          (op.operands.size() > 1 && (!op.same_dtypes || op.bool_by_definition(i)) ? op.operands[i] + ": " : "") +
          joined(op.operand_dtypes[i]));
  if (op.operands.empty())
    parts.push_back(joined(op.key_dtypes()));
  return joined(parts, "; ");
}

void write_op(llvm::raw_ostream &out, const OpRecord &op) {
  out << "\n### " << op.name << "\n\n`" << signature(op) << "`";
  if (!op.cpp_operator.empty())
    out << (op.operands.size() == 1 ? ", `" + op.cpp_operator + op.operands[0] + "`"
                                    : ", `" + op.operands[0] + " " + op.cpp_operator + " " + op.operands[1] + "`");
  out << " · " << op.op_class << " · since " << op.text("since") << "\n\n" << op.summary << ".";
  if (!op.description.empty())
    out << " " << unwrapped(op.description);
  if (!op.results.empty())
    out << " Returns a struct of " << joined(op.results) << ".";
  out << "\n\nElement types: " << dtypes(op) << ".";
  if (!op.text("vjp").empty())
    out << " Differentiable.";
  out << "\n";
  if (const auto examples = op.strings("example"); !examples.empty())
    out << "\n```cpp\n" << joined(examples, "\n") << "\n```\n";
  if (const auto goldens = op.strings("golden"); !goldens.empty())
    out << "\n```text\n" << joined(goldens, "\n") << "\n```\n";
}

bool write_docs(const llvm::RecordKeeper &keeper, llvm::raw_ostream &out, bool test_only) {
  out << "<!-- Written by etch-opgen from ops/*.td; edit the records. -->\n# Operations\n\n"
         "Every operation of `etch/ops.h`. Shapes broadcast as in NumPy; a C++ number beside a tensor adopts its "
         "dtype; "
         "integers wrap; different dtypes never mix. The exact order of roundings is in [numerics.md](numerics.md).\n\n"
         "The examples work on these tensors:\n\n```cpp\n"
      << kExampleTensors << "```\n";
  for (const auto &records : {read_ops(keeper), read_functions(keeper)})
    for (const OpRecord &op : records)
      if (op.is_public && op.test_only == test_only)
        write_op(out, op);
  return false;
}

const mlir::GenRegistration kDocs("op-docs", "docs/ops.md",
                                  [](const llvm::RecordKeeper &keeper, llvm::raw_ostream &out) {
                                    return write_docs(keeper, out, false);
                                  });
const mlir::GenRegistration kTestDocs("test-op-docs", "documentation of the ops that only tests have",
                                      [](const llvm::RecordKeeper &keeper, llvm::raw_ostream &out) {
                                        return write_docs(keeper, out, true);
                                      });

} // namespace
} // namespace etch::opgen
