// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/build_module.h"

#include "ir/build.h"
#include "ir/dialect.h"
#include "ir/types.h"
#include "runtime/variable_state.h"
#include "support/require.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/Verifier.h"

namespace etch::tracer {
namespace {

class ModuleBuilder {
public:
  ModuleBuilder(mlir::MLIRContext &context, const Trace &trace)
      : context_(context), builder_(&context), trace_(trace), values_(trace.values.size()) {}

  mlir::OwningOpRef<mlir::ModuleOp> build() {
    mlir::OwningOpRef<mlir::ModuleOp> module(mlir::ModuleOp::create(builder_.getUnknownLoc()));
    builder_.setInsertionPointToEnd(module->getBody());
    const ResultLayout layout = layout_results(trace_);
    llvm::SmallVector<mlir::Type> results;
    for (int value : layout.values)
      results.push_back(type_of(value));
    auto main = mlir::func::FuncOp::create(builder_, builder_.getUnknownLoc(), "main",
                                           mlir::FunctionType::get(&context_, argument_types(), results));
    mlir::Block *block = main.addEntryBlock();
    bind_arguments(*block);
    builder_.setInsertionPointToEnd(block);
    for (size_t op = 0; op < trace_.ops.size(); ++op)
      build_op(static_cast<int64_t>(op), trace_.ops[op]);
    llvm::SmallVector<mlir::Value> returned;
    for (int value : layout.values)
      returned.push_back(values_[static_cast<size_t>(value)]);
    mlir::func::ReturnOp::create(builder_, builder_.getUnknownLoc(), returned);
    ETCH_CHECK(mlir::succeeded(mlir::verify(*module))) << "the module of function " << trace_.name << " is malformed";
    return module;
  }

private:
  mlir::RankedTensorType type_of(int value) { return ir::to_mlir_type(&context_, trace_.type(value)); }

  llvm::SmallVector<mlir::Type> argument_types() {
    llvm::SmallVector<mlir::Type> types;
    for (int value : trace_.arguments)
      if (value != Trace::kUndefined)
        types.push_back(type_of(value));
    for (int value : trace_.captured_values)
      types.push_back(type_of(value));
    for (const auto &variable : trace_.variables)
      types.push_back(ir::RefType::get(&context_, ir::to_mlir_type(&context_, variable.type)));
    return types;
  }

  void bind_arguments(mlir::Block &block) {
    unsigned next = 0;
    for (int value : trace_.arguments)
      if (value != Trace::kUndefined)
        values_[static_cast<size_t>(value)] = block.getArgument(next++);
    for (int value : trace_.captured_values)
      values_[static_cast<size_t>(value)] = block.getArgument(next++);
    for (size_t i = 0; i < trace_.variables.size(); ++i)
      refs_.push_back(block.getArgument(next++));
  }

  /// The user's line, named by the traced function and the name scopes in it: "step/encoder/layer1".
  mlir::Location location_of(const TraceOp &op) {
    const Location &location = op.location;
    if (!location.known())
      return builder_.getUnknownLoc();
    return mlir::NameLoc::get(
        builder_.getStringAttr(op.scope.empty() ? trace_.name : trace_.name + "/" + op.scope),
        mlir::FileLineColLoc::get(&context_, location.file, static_cast<unsigned>(location.line), 0));
  }

  void build_op(int64_t id, const TraceOp &op) {
    llvm::SmallVector<mlir::Value> operands;
    if (op.variable >= 0)
      operands.push_back(refs_[static_cast<size_t>(op.variable)]);
    for (int operand : op.operands)
      operands.push_back(values_[static_cast<size_t>(operand)]);
    mlir::Operation *built = ir::build_op(builder_, location_of(op), *op.def, operands, op.attrs);
    ETCH_CHECK(built != nullptr) << "op " << op.def->name << " of function " << trace_.name;
    if (op.def->may_fail || ops::is_output(op.def->effect))
      built->setAttr("etch.op_id", builder_.getI64IntegerAttr(id));
    for (size_t i = 0; i < op.results.size(); ++i)
      values_[static_cast<size_t>(op.results[i])] = built->getResult(static_cast<unsigned>(i));
  }

  mlir::MLIRContext &context_;
  mlir::OpBuilder builder_;
  const Trace &trace_;
  std::vector<mlir::Value> values_; // by value id
  std::vector<mlir::Value> refs_;   // by Variable
};

} // namespace

mlir::OwningOpRef<mlir::ModuleOp> build_module(mlir::MLIRContext &context, const Trace &trace) {
  return ModuleBuilder(context, trace).build();
}

} // namespace etch::tracer
