// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tensor reading of the table: one call template per op, the composites' expansions, the vjp texts.
#include "ops/opgen/op_record.h"

#include <mlir/TableGen/GenInfo.h>

namespace etch::opgen {
namespace {

bool by_reference(const AttrRecord &attr) {
  return attr.kind != "integer" && attr.kind != "boolean" && attr.kind != "dtype";
}

std::string attr_parameter(const AttrRecord &attr) {
  return by_reference(attr) ? "const " + attr.stored_type() + " &" + attr.name : attr.stored_type() + " " + attr.name;
}

// Defaults of the public interface that mean the same here; numbers for scalars have no dtype yet.
std::string default_of(const AttrRecord &attr) {
  return attr.default_text.empty() || attr.kind == "scalar" ? "" : " = " + attr.default_text;
}

std::string attr_list(const OpRecord &op) {
  std::vector<std::string> names;
  for (const AttrRecord &attr : op.attrs)
    names.push_back("Attr(" + attr.name + ")");
  return "Attrs{" + joined(names) + "}";
}

void write_call(Writer &out, const OpRecord &op) {
  std::vector<std::string> types, parameters, arguments, group;
  if (op.variadic) {
    out << "template <TensorReading T";
    parameters.push_back("const std::vector<T> &" + op.operands[0]);
  } else if (op.operands.empty()) {
    out << "template <class C";
    parameters.push_back("C &context");
  } else {
    for (size_t i = 0; i < op.operands.size(); ++i) {
      const std::string type = "X" + std::to_string(i);
      types.push_back("class " + type);
      parameters.push_back("const " + type + " &" + op.operands[i]);
      group.push_back(type);
    }
    out << "template <" << joined(types);
  }
  // A default needs one behind it as well.
  size_t defaults_begin = op.attrs.size();
  while (defaults_begin > 0 && !default_of(op.attrs[defaults_begin - 1]).empty())
    --defaults_begin;
  for (size_t i = 0; i < op.attrs.size(); ++i)
    parameters.push_back(attr_parameter(op.attrs[i]) + (i < defaults_begin ? "" : default_of(op.attrs[i])));
  out << ">\n";
  if (!group.empty())
    out << "  requires AnyReading<" << joined(group) << ">\n";
  const std::string row = "registry()[" + std::to_string(op.index) + "]";
  out << (op.has_result ? "auto " : "void ") << op.name << "(" << joined(parameters) << ") {\n";
  const char *verb = op.has_result ? "  return " : "  ";
  if (op.variadic) {
    out << verb << op.operands[0] << ".front().context().emit(" << row << ", " << op.operands[0] << ", "
        << attr_list(op) << ");\n}\n";
    return;
  }
  if (op.operands.empty()) {
    out << verb << "context.emit(" << row << ", {}, " << attr_list(op) << ");\n}\n";
    return;
  }
  // A number joins the first reading that is not bool by definition.
  std::vector<std::string> keyed;
  for (size_t i = 0; i < op.operands.size(); ++i)
    if (!op.bool_by_definition(i))
      keyed.push_back(op.operands[i]);
  if (keyed.empty())
    keyed = op.operands;
  out << "  const auto &like = first_reading(" << joined(keyed) << ");\n";
  for (const std::string &name : op.operands)
    arguments.push_back("lifted(" + name + ", like)");
  out << verb << "like.context().emit(" << row << ", {" << joined(arguments) << "}, " << attr_list(op) << ");\n}\n";
  if (!op.cpp_operator.empty())
    out << "template <" << joined(types) << ">\n  requires AnyReading<" << joined(group) << ">\nauto operator"
        << op.cpp_operator << "(" << joined(parameters) << ") { return " << op.name << "(" << joined(op.operands)
        << "); }\n";
}

std::vector<std::string> body_parameters(const OpRecord &op) {
  std::vector<std::string> parameters{"[[maybe_unused]] typename T::Context &context"};
  for (const std::string &name : op.operands)
    parameters.push_back(std::string("[[maybe_unused]] ") + (op.variadic ? "std::span<const T> " : "const T &") + name);
  for (const AttrRecord &attr : op.attrs)
    parameters.push_back("[[maybe_unused]] " + attr_parameter(attr));
  return parameters;
}

std::vector<std::string> body_arguments(const OpRecord &op) {
  std::vector<std::string> arguments{"context"};
  for (size_t i = 0; i < op.operands.size(); ++i)
    arguments.push_back(op.variadic ? "operands" : "operands[" + std::to_string(i) + "]");
  for (size_t i = 0; i < op.attrs.size(); ++i)
    arguments.push_back("std::get<" + op.attrs[i].stored_type() + ">(attrs[" + std::to_string(i) + "])");
  return arguments;
}

void write_vjps(Writer &out, const OpRecord &op) {
  const auto parts = op.vjp_parts();
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty())
      continue;
    auto parameters = body_parameters(op);
    parameters.push_back("[[maybe_unused]] const T &y");
    parameters.push_back("[[maybe_unused]] const T &dy");
    out << "template <TensorReading T>\n"
        << (op.variadic ? "std::vector<T> " : "T ") << op.name << "_vjp_" << op.operands[i] << "(" << joined(parameters)
        << ") {\n  return ";
    // Operands of an elementwise op may have been broadcast.
    out << (op.is("elementwise") ? "sum_to(" + parts[i] + ", " + op.operands[i] + ")" : parts[i]) << ";\n}\n";
  }
}

void write_expand(Writer &out, const std::vector<OpRecord> &ops) {
  out << "/// The result of a composite by its expansion.\ntemplate <TensorReading T>\nT expand(const OpDef &op, "
         "typename "
         "T::Context &context, [[maybe_unused]] std::span<const T> operands, const Attrs &attrs) {\n  switch "
         "(op.index) {\n";
  for (const OpRecord &op : ops)
    if (op.is("composite"))
      out << "  case " << op.index << ": return " << op.name << "_expansion<T>(" << joined(body_arguments(op))
          << ");\n";
  out << "  }\n  throw InternalError(std::string(op.name) + \" has no expansion\");\n}\n\n";
}

void write_vjp(Writer &out, const std::vector<OpRecord> &ops) {
  out << "/// The gradients of the operands that are needed, or of all where nothing is said of it, given the gradient "
         "dy of the\n/// result y; nullopt where there is none.\n"
         "template <TensorReading T>\nstd::vector<std::optional<T>> vjp(const OpDef &op, [[maybe_unused]] typename "
         "T::Context "
         "&context, [[maybe_unused]] std::span<const T> operands, [[maybe_unused]] const Attrs &attrs, "
         "[[maybe_unused]] const "
         "T &y, [[maybe_unused]] const T &dy, [[maybe_unused]] const std::vector<bool> &needed = {}) {\n"
         "  [[maybe_unused]] const auto where_needed = [&](size_t operand, const auto &gradient) {\n"
         "    return needed.empty() || needed[operand] ? std::optional<T>(gradient()) : std::nullopt;\n  };\n"
         "  switch (op.index) {\n";
  for (const OpRecord &op : ops) {
    if (op.text("vjp").empty())
      continue;
    auto arguments = body_arguments(op);
    arguments.insert(arguments.end(), {"y", "dy"});
    std::vector<std::string> results;
    const auto parts = op.vjp_parts();
    for (size_t i = 0; i < parts.size(); ++i)
      results.push_back(op.name + "_vjp_" + op.operands[i] + "<T>(" + joined(arguments) + ")");
    if (op.variadic) {
      out << "  case " << op.index << ": return optionals(" << results[0] << ");\n";
      continue;
    }
    for (size_t i = 0; i < parts.size(); ++i)
      results[i] = parts[i].empty() ? "std::nullopt"
                                    : "where_needed(" + std::to_string(i) + ", [&] { return " + results[i] + "; })";
    out << "  case " << op.index << ": return {" << joined(results) << "};\n";
  }
  out << "  }\n  return std::vector<std::optional<T>>(operands.size());\n}\n\n";
}

/// Functions: like composites, but of several results.
void write_functions(Writer &out, const std::vector<OpRecord> &functions) {
  const auto returns_many = [](const OpRecord &op) { return op.returns_list || !op.results.empty(); };
  for (const OpRecord &op : functions) {
    out << "template <TensorReading T>\n"
        << (returns_many(op) ? "std::vector<T> " : "T ") << op.identifier() << "_function("
        << joined(body_parameters(op)) << ") {\n";
    out.record_text(op, "expansion", "", "");
    out << "}\n";
  }
  out << "/// The results of a function by its expansion.\ntemplate <TensorReading T>\nstd::vector<T> "
         "expand_function(const OpDef &op, typename T::Context &context, [[maybe_unused]] std::span<const T> operands, "
         "const Attrs &attrs) {\n  switch (op.index) {\n";
  for (const OpRecord &op : functions) {
    const std::string call = op.identifier() + "_function<T>(" + joined(body_arguments(op)) + ")";
    out << "  case " << op.index << ": return " << (returns_many(op) ? call : "{" + call + "}") << ";\n";
  }
  out << "  }\n  throw InternalError(std::string(op.name) + \" has no expansion\");\n}\n\n";
}

bool write_expansions(const llvm::RecordKeeper &keeper, llvm::raw_ostream &stream) {
  const auto ops = read_ops(keeper);
  Writer out("expansions.h");
  out << generated_banner()
      << "#pragma once\n\n#include \"ops/tensor_reading.h\"\n\nnamespace etch::expansion {\nusing namespace "
         "ops;\nusing ops::Dim; // not the public etch::Dim\n\n";
  for (const OpRecord &op : ops)
    if (!op.operand_pack)
      write_call(out, op);
  out << "\n} // namespace etch::expansion\n\n#include \"ops/expansion_parts.h\"\n\nnamespace etch::expansion {\n\n";
  for (const OpRecord &op : ops) {
    if (!op.is("composite"))
      continue;
    out << "template <TensorReading T>\nT " << op.name << "_expansion(" << joined(body_parameters(op)) << ") {\n";
    out.record_text(op, "expansion", "", "");
    out << "}\n";
  }
  write_expand(out, ops);
  write_functions(out, read_functions(keeper));
  for (const OpRecord &op : ops)
    write_vjps(out, op);
  write_vjp(out, ops);
  out << "} // namespace etch::expansion\n";
  stream << out.text();
  return false;
}

const mlir::GenRegistration kExpansions("expansions", "the tensor reading of the table", write_expansions);

} // namespace
} // namespace etch::opgen
