// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The fused function as a picture in Graphviz's language: one box per kernel, the tensor ops it runs inside.
#include "codegen/pipeline.h"
#include "ir/build.h"
#include "ir/kernel_dialect.h"
#include "ir/types.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/raw_ostream.h"

namespace etch::codegen {
namespace {

using namespace mlir;

std::string numbered(std::string prefix, int number) { return prefix.append(std::to_string(number)); }

std::string name_of(Operation &op) {
  std::string name = op.getName().stripDialect().str();
  if (auto call = dyn_cast<ir::CallOp>(op)) // appended, since g++ 12 warns of a sum for no reason
    name.append(" ").append(call.getCallee().str());
  return name;
}

/// "encoder/layer1" where the op was recorded in name scopes: its location's name begins with the function's.
std::string scope_of(Operation &op) {
  const auto location = dyn_cast<NameLoc>(op.getLoc());
  return location ? location.getName().getValue().split('/').second.str() : std::string();
}

/// The op's name, and below it its scope.
std::string label_of(Operation &op) {
  const std::string scope = scope_of(op);
  return scope.empty() ? name_of(op) : name_of(op) + "\\n" + scope;
}

/// "exp at model.cpp:12 in encoder/layer1"
std::string place_text(Operation &op) {
  std::string text = name_of(op);
  if (const auto named = dyn_cast<NameLoc>(op.getLoc()))
    if (const auto line = dyn_cast<FileLineColLoc>(named.getChildLoc()))
      text += " at " + line.getFilename().getValue().str() + ":" + std::to_string(line.getLine());
  const std::string scope = scope_of(op);
  return scope.empty() ? text : text + " in " + scope;
}

class GraphWriter {
public:
  explicit GraphWriter(llvm::raw_ostream &out) : out_(out) {}

  void write(func::FuncOp function, const std::string &name) {
    out_ << "digraph \"" << name << "\" {\n  rankdir=TB; fontname=\"Helvetica\"; labelloc=t; label=\"" << name
         << "\";\n  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"Helvetica\", fontsize=11];\n"
         << "  edge [color=\"#777777\", fontname=\"Helvetica\", fontsize=9];\n";
    for (BlockArgument argument : function.getArguments())
      node(argument, numbered("input ", static_cast<int>(argument.getArgNumber())), "#dddddd");
    for (Operation &op : function.front().without_terminator()) {
      if (auto cluster = dyn_cast<ir::kernel::ClusterOp>(op))
        write_cluster(cluster);
      else
        write_op(op, "#f6d5a8");
    }
    for (auto [index, value] : llvm::enumerate(function.front().getTerminator()->getOperands())) {
      out_ << "  out" << index << " [label=\"output " << index << "\", fillcolor=\"#dddddd\"];\n";
      edge(value, numbered("out", static_cast<int>(index)));
    }
    out_ << "}\n";
  }

private:
  void node(Value value, const std::string &label, const char *color) {
    const std::string id = numbered("n", count_++);
    names_[value] = id;
    out_ << "  " << id << " [label=\"" << label << "\\n"
         << ir::to_tensor_type(value.getType()).text() << "\", fillcolor=\"" << color << "\"];\n";
  }

  void edge(Value from, const std::string &to) {
    if (auto known = names_.find(from); known != names_.end())
      out_ << "  " << known->second << " -> " << to << ";\n";
  }

  void write_op(Operation &op, const char *color) {
    const std::string label = label_of(op);
    std::string id = numbered("n", count_);
    if (op.getNumResults()) {
      node(op.getResult(0), label, color);
    } else {
      ++count_;
      out_ << "  " << id << " [label=\"" << label << "\", fillcolor=\"" << color << "\"];\n";
    }
    for (Value result : op.getResults()) // a call may have several
      names_[result] = id;
    for (Value operand : op.getOperands())
      edge(operand, id);
  }

  void write_cluster(ir::kernel::ClusterOp cluster) {
    Block &body = cluster.getBody().front();
    for (auto [argument, input] : llvm::zip(body.getArguments(), cluster.getInputs()))
      names_[argument] = names_.lookup(input);
    out_ << "  subgraph cluster_" << kernels_ << " {\n  label=\"kernel " << kernels_ << ": " << cluster.getKind()
         << "\"; style=\"rounded,filled\"; fillcolor=\"" << color_of(cluster.getKind()) << "\"; fontsize=10;\n";
    ++kernels_;
    // Edges into the box are drawn after it, or Graphviz would pull their sources inside.
    std::vector<std::pair<Value, std::string>> pending;
    for (Operation &op : body.without_terminator()) {
      const std::string id = numbered("n", count_);
      node(op.getResult(0), label_of(op), "white");
      for (Value operand : op.getOperands())
        pending.emplace_back(operand, id);
    }
    out_ << "  }\n";
    for (const auto &[operand, id] : pending)
      edge(operand, id);
    for (auto [yielded, result] : llvm::zip(body.getTerminator()->getOperands(), cluster.getOutputs()))
      names_[result] = names_.lookup(yielded);
  }

  static const char *color_of(llvm::StringRef kind) {
    if (kind == "contraction")
      return "#cfe3f7";
    if (kind == "row" || kind == "column")
      return "#d9efd3";
    return "#f4eec6";
  }

  llvm::raw_ostream &out_;
  llvm::DenseMap<Value, std::string> names_;
  int count_ = 0, kernels_ = 0;
};

} // namespace

std::string graph_text(ModuleOp module, const CompileOptions &options) {
  Pipeline pipeline{options, Target::host(), {}, {}, {}, nullptr, {}};
  std::string text;
  llvm::raw_string_ostream stream(text);
  pipeline.run(module, Phase::optimized, [&](Phase phase) {
    if (phase == Phase::optimized)
      GraphWriter(stream).write(module.lookupSymbol<func::FuncOp>("main"), options.name);
  });
  return text;
}

std::string kernels_text(ModuleOp module) {
  std::string text;
  int kernels = 0;
  for (Operation &op : module.lookupSymbol<func::FuncOp>("main").front().without_terminator()) {
    auto cluster = dyn_cast<ir::kernel::ClusterOp>(op);
    text += "  kernel " + std::to_string(kernels++) + (cluster ? " (" + cluster.getKind().str() + ")" : "") + ": ";
    if (!cluster) {
      text += place_text(op) + "\n";
      continue;
    }
    const char *separator = "";
    for (Operation &inside : cluster.getBody().front().without_terminator()) {
      text += separator + place_text(inside);
      separator = ", ";
    }
    text += "\n";
  }
  return text;
}

} // namespace etch::codegen
