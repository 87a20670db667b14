// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/opgen/op_record.h"

#include <llvm/Support/SourceMgr.h>
#include <llvm/TableGen/Error.h>

#include <algorithm>
#include <array>
#include <utility>

namespace etch::opgen {
namespace {

struct DTypeName {
  const char *name, *cpp_type, *enumerator;
};
// In the order of etch::DType.
constexpr std::array<DTypeName, 10> kDTypes{{{"bool", "bool", "boolean"},
                                             {"u8", "uint8_t", "u8"},
                                             {"i8", "int8_t", "i8"},
                                             {"i16", "int16_t", "i16"},
                                             {"i32", "int32_t", "i32"},
                                             {"i64", "int64_t", "i64"},
                                             {"f16", "float16", "f16"},
                                             {"bf16", "bfloat16", "bf16"},
                                             {"f32", "float", "f32"},
                                             {"f64", "double", "f64"}}};

size_t dtype_index(llvm::StringRef name) {
  for (size_t i = 0; i < kDTypes.size(); ++i)
    if (name == kDTypes[i].name)
      return i;
  llvm::PrintFatalError("unknown dtype " + name);
}

std::vector<std::string> to_strings(const std::vector<llvm::StringRef> &parts) { return {parts.begin(), parts.end()}; }

AttrRecord read_attr(const llvm::Record *record) {
  return {record->getValueAsString("name").str(),
          record->getValueAsString("kind").str(),
          record->getValueAsString("type").str(),
          record->getValueAsString("default").str(),
          to_strings(record->getValueAsDef("dtypes")->getValueAsListOfStrings("dtypes")),
          record->getValueAsBit("inText"),
          to_strings(record->getValueAsListOfStrings("choices"))};
}

OpRecord read_op(const llvm::Record *record, int index) {
  OpRecord op{};
  op.record = record;
  op.index = index;
  op.name = record->getValueAsString("opName").str();
  for (const char *name : {"Elementwise", "Contraction", "Reduction", "Composite", "Movement", "Opaque", "Function"})
    if (record->isSubClassOf(name))
      op.op_class = llvm::StringRef(name).lower();
  op.operands = to_strings(record->getValueAsListOfStrings("operandNames"));
  for (const llvm::Record *set : record->getValueAsListOfDefs("operandDTypes"))
    op.operand_dtypes.push_back(to_strings(set->getValueAsListOfStrings("dtypes")));
  if (op.operands.size() != op.operand_dtypes.size())
    llvm::PrintFatalError(record, "operandDTypes must have one entry per operand");
  for (const llvm::Record *attr : record->getValueAsListOfDefs("attrs"))
    op.attrs.push_back(read_attr(attr));
  const bool is_function = op.is("function");
  op.result = op.text("result");
  op.summary = op.text("summary");
  op.description = op.text("description");
  op.effect = is_function ? "none" : op.text("effect");
  op.cpp_operator = op.text("cppOperator");
  op.variadic = op.bit("variadic");
  op.operand_pack = op.bit("operandPack");
  op.leading_operand = is_function ? "" : op.text("leadingOperand");
  op.has_result = is_function || op.bit("hasResult");
  op.is_public = is_function || op.bit("isPublic");
  if (is_function)
    op.results = op.strings("results");
  op.returns_list = op.bit("returnsList");
  op.test_only = op.bit("testOnly");
  op.same_dtypes = op.bit("sameDTypes");
  if (op.summary.empty())
    llvm::PrintFatalError(record, "every op has a summary");
  return op;
}

} // namespace

std::string AttrRecord::stored_type() const {
  static constexpr std::pair<const char *, const char *> kinds[] = {
      {"integer", "int64_t"}, {"boolean", "bool"},  {"dtype", "DType"},        {"integers", "std::vector<int64_t>"},
      {"dims", "Dims"},       {"scalar", "Scalar"}, {"string", "std::string"}, {"dim", "Dim"}};
  for (const auto &[name, stored] : kinds)
    if (kind == name)
      return stored;
  llvm::PrintFatalError("unknown attribute kind " + kind);
}

std::string OpRecord::text(llvm::StringRef field) const {
  const llvm::RecordVal *value = record->getValue(field);
  if (!value || !llvm::isa<llvm::StringInit>(value->getValue()))
    return "";
  return record->getValueAsString(field).trim().str();
}

bool OpRecord::bit(llvm::StringRef field) const { return record->getValue(field) && record->getValueAsBit(field); }

std::vector<std::string> OpRecord::strings(llvm::StringRef field) const {
  return to_strings(record->getValueAsListOfStrings(field));
}

int OpRecord::key_operand() const {
  for (size_t i = 0; i < operands.size(); ++i)
    if (!bool_by_definition(i))
      return static_cast<int>(i);
  return operands.empty() ? -1 : 0;
}

int OpRecord::dtype_attr() const {
  for (size_t i = 0; i < attrs.size(); ++i)
    if (attrs[i].name == result)
      return static_cast<int>(i);
  if (result != "same" && result != "bool")
    llvm::PrintFatalError(record, "result must be same, bool or the name of an attribute");
  return -1;
}

int OpRecord::literal_dtype_attr() const {
  for (size_t i = 0; i < attrs.size(); ++i)
    if (attrs[i].kind == "dtype")
      return static_cast<int>(i);
  return -1;
}

std::vector<std::string> OpRecord::scalar_attrs() const {
  std::vector<std::string> names;
  for (const AttrRecord &attr : attrs)
    if (attr.in_text)
      names.push_back(attr.name);
  return names;
}

bool OpRecord::has_scalar_defaults() const {
  return std::all_of(attrs.begin(), attrs.end(),
                     [](const AttrRecord &attr) { return !attr.in_text || !attr.default_text.empty(); });
}

std::vector<std::string> OpRecord::key_dtypes() const {
  if (key_operand() >= 0)
    return operand_dtypes[static_cast<size_t>(key_operand())];
  if (dtype_attr() < 0)
    llvm::PrintFatalError(record, "an op without operands needs a result dtype");
  return attrs[static_cast<size_t>(dtype_attr())].dtypes;
}

std::vector<std::string> OpRecord::vjp_parts() const {
  std::vector<std::string> parts;
  const std::string whole = text("vjp");
  llvm::SmallVector<llvm::StringRef> pieces;
  llvm::StringRef(whole).split(pieces, ';');
  for (llvm::StringRef piece : pieces)
    parts.push_back(piece.trim().str());
  parts.resize(operands.size());
  return parts;
}

static std::vector<OpRecord> read_all(const llvm::RecordKeeper &keeper, llvm::StringRef base) {
  auto records = keeper.getAllDerivedDefinitions(base).vec();
  std::sort(records.begin(), records.end(), llvm::LessRecordByID());
  std::vector<OpRecord> ops;
  for (const llvm::Record *record : records)
    ops.push_back(read_op(record, static_cast<int>(ops.size())));
  return ops;
}

std::vector<OpRecord> read_ops(const llvm::RecordKeeper &keeper) { return read_all(keeper, "Etch_Op"); }

std::vector<OpRecord> read_functions(const llvm::RecordKeeper &keeper) { return read_all(keeper, "Function"); }

std::string joined(const std::vector<std::string> &parts, const char *separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i)
    text += (i ? separator : "") + parts[i];
  return text;
}

std::string quoted(llvm::StringRef text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return result + "\"";
}

std::string cpp_type(llvm::StringRef dtype) { return kDTypes[dtype_index(dtype)].cpp_type; }
std::string enumerator(llvm::StringRef dtype) { return kDTypes[dtype_index(dtype)].enumerator; }

unsigned mask(const std::vector<std::string> &dtypes) {
  unsigned bits = 0;
  for (const std::string &dtype : dtypes)
    bits |= 1u << dtype_index(dtype);
  return bits;
}

void Writer::record_text(const OpRecord &op, llvm::StringRef field, const std::string &prefix,
                         const std::string &suffix) {
  const llvm::SMLoc location = op.record->getFieldLoc(field);
  const unsigned buffer = llvm::SrcMgr.FindBufferContainingLoc(location);
  *this << "#line " << llvm::SrcMgr.getLineAndColumn(location, buffer).first << " \""
        << llvm::SrcMgr.getMemoryBuffer(buffer)->getBufferIdentifier() << "\"\n"
        << prefix << op.text(field) << suffix << "\n";
  const auto lines = std::count(text_.begin(), text_.end(), '\n');
  *this << "#line " << lines + 2 << " \"" << file_ << "\"\n";
}

std::string generated_banner() {
  return "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n// Written by etch-opgen from the op table.\n";
}

} // namespace etch::opgen
