// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <llvm/Support/raw_ostream.h>
#include <llvm/TableGen/Record.h>

#include <string>
#include <vector>

namespace etch::opgen {

struct AttrRecord {
  std::string name;
  std::string kind;         ///< an ops::AttrKind
  std::string type;         ///< parameter type of the public function
  std::string default_text; ///< "" when it must be given
  std::vector<std::string> dtypes;
  bool in_text;
  std::vector<std::string> choices; ///< of a string; empty: any

  /// The C++ type inside ops::Attr.
  std::string stored_type() const;
};

/// A record of the op table, read once.
struct OpRecord {
  const llvm::Record *record;
  int index;
  std::string name;
  std::string op_class; ///< an ops::OpClass, or "function"
  std::vector<std::string> operands;
  std::vector<std::vector<std::string>> operand_dtypes;
  std::vector<AttrRecord> attrs;
  std::string result, summary, description, effect, cpp_operator;
  std::vector<std::string> results; ///< of a function that returns a struct: its members
  std::string leading_operand;
  bool variadic, operand_pack, has_result, is_public, test_only, same_dtypes, returns_list;

  /// Names what is generated for the record: the op's name; the record's for functions, which may be overloads.
  std::string identifier() const { return is("function") ? record->getName().str() : name; }
  bool is(llvm::StringRef class_name) const { return op_class == class_name; }
  std::string text(llvm::StringRef field) const; ///< trimmed; "" for a field the class does not have
  bool bit(llvm::StringRef field) const;
  std::vector<std::string> strings(llvm::StringRef field) const;
  bool bool_by_definition(size_t operand) const { return operand_dtypes[operand] == std::vector<std::string>{"bool"}; }
  int key_operand() const;
  /// Index of the attribute that gives the result's dtype, or -1.
  int dtype_attr() const;
  /// Index of the dtype attribute, which literals adopt, or -1.
  int literal_dtype_attr() const;
  /// Names of the attributes that the scalar text takes as numbers.
  std::vector<std::string> scalar_attrs() const;
  /// Whether each of them has a default.
  bool has_scalar_defaults() const;
  /// The text of each operand's derivative; "" where it has none.
  std::vector<std::string> vjp_parts() const;
  /// The dtypes a kernel of this op can be selected by.
  std::vector<std::string> key_dtypes() const;
};

/// The records of functions, numbered on their own.
std::vector<OpRecord> read_functions(const llvm::RecordKeeper &keeper);
/// The records of ops in table order, functions aside.
std::vector<OpRecord> read_ops(const llvm::RecordKeeper &keeper);

/// "a, b, c"
std::string joined(const std::vector<std::string> &parts, const char *separator = ", ");
/// A C++ string literal.
std::string quoted(llvm::StringRef text);
/// "float" for "f32".
std::string cpp_type(llvm::StringRef dtype);
/// "boolean" for "bool": the enumerator of etch::DType.
std::string enumerator(llvm::StringRef dtype);
/// A bit mask by DType.
unsigned mask(const std::vector<std::string> &dtypes);

/// Collects generated text; lines taken from a record are attributed to the record's file, so compilers and debuggers
/// point there.
class Writer {
public:
  explicit Writer(std::string file) : file_(std::move(file)) {}
  ~Writer() = default;

  template <class T>
  Writer &operator<<(const T &part) {
    llvm::raw_string_ostream(text_) << part;
    return *this;
  }
  /// Writes a field's text as lines of its own.
  void record_text(const OpRecord &op, llvm::StringRef field, const std::string &prefix, const std::string &suffix);
  const std::string &text() const { return text_; }

private:
  std::string file_;
  std::string text_;
};

/// The head of every generated file.
std::string generated_banner();

} // namespace etch::opgen
