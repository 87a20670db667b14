// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/build_module.h"

#include "ir/build.h"
#include "ir/dialect.h"
#include "ir/tensor_expr.h"
#include "ir/types.h"
#include "runtime/variable_state.h"
#include "support/require.h"
#include "tracer/concrete_function.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/Verifier.h"

namespace etch::tracer {
namespace {

/// The positions of the Variables that a trace writes.
std::vector<int64_t> written_variables(const Trace &trace) {
  std::vector<bool> is_written(trace.variables.size());
  for (const TraceOp &op : trace.ops)
    if (op.def->effect == ops::Effect::writes_variable)
      is_written[static_cast<size_t>(op.variable)] = true;
  std::vector<int64_t> written;
  for (size_t i = 0; i < is_written.size(); ++i)
    if (is_written[i])
      written.push_back(static_cast<int64_t>(i));
  return written;
}

class ModuleBuilder {
public:
  ModuleBuilder(mlir::MLIRContext &context, const Trace &trace, Calls calls)
      : context_(context), builder_(&context), trace_(trace), calls_(calls), values_(trace.values.size()) {}

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
    build_ops();
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
  mlir::Location location_of(const Location &location, const std::string &scope) {
    if (!location.known())
      return builder_.getUnknownLoc();
    return mlir::NameLoc::get(
        builder_.getStringAttr(scope.empty() ? trace_.name : trace_.name + "/" + scope),
        mlir::FileLineColLoc::get(&context_, location.file, static_cast<unsigned>(location.line), 0));
  }

  /// Gradients that one op may stand for: of whose ops nothing else uses more than the results.
  std::vector<bool> whole_gradients() const {
    std::vector<bool> is_whole(trace_.gradients.size(), calls_ == Calls::kept);
    std::vector<int> owner(trace_.ops.size(), -1); // the gradient that an op is of
    for (size_t i = 0; i < trace_.gradients.size(); ++i)
      std::fill(owner.begin() + trace_.gradients[i].first, owner.begin() + trace_.gradients[i].end,
                static_cast<int>(i));
    const auto check = [&](int value, int user) { // by an op of gradient `user`, or by none
      const TraceValue &entry = trace_.values[static_cast<size_t>(value)];
      const int owned_by = entry.origin == Origin::result ? owner[static_cast<size_t>(entry.index)] : -1;
      if (owned_by < 0 || owned_by == user)
        return;
      const std::vector<int> &results = trace_.gradients[static_cast<size_t>(owned_by)].results;
      if (std::ranges::find(results, value) == results.end())
        is_whole[static_cast<size_t>(owned_by)] = false;
    };
    for (size_t i = trace_.gradients.size(); i-- > 0;)
      for (const std::vector<int> *ids : {&trace_.gradients[i].targets, &trace_.gradients[i].seeds})
        for (const int value : *ids)
          check(value, -1);
    for (const int result : trace_.results)
      if (result != Trace::kUndefined)
        check(result, -1);
    // From the last one on: what a gradient uses counts only once it is known not to be whole.
    for (size_t op = trace_.ops.size(); op-- > 0;) {
      const int user = owner[op];
      for (const int operand : trace_.ops[op].operands)
        if (user < 0 || !is_whole[static_cast<size_t>(user)])
          check(operand, user);
    }
    return is_whole;
  }

  void build_gradient(size_t index) {
    const TraceGradient &gradient = trace_.gradients[index];
    const auto values_of = [&](const std::vector<int> &ids) {
      llvm::SmallVector<mlir::Value> values;
      for (const int id : ids)
        values.push_back(values_[static_cast<size_t>(id)]);
      return values;
    };
    llvm::SmallVector<mlir::Value> sources;
    for (const TraceGradient::Source &source : gradient.sources)
      sources.push_back(source.variable < 0 ? values_[static_cast<size_t>(source.value)]
                                            : refs_[static_cast<size_t>(source.variable)]);
    llvm::SmallVector<mlir::Type> types;
    for (const int result : gradient.results)
      types.push_back(type_of(result));
    auto built =
        ir::GradientOp::create(builder_, location_of(gradient.location, ""), types, static_cast<uint64_t>(index),
                               values_of(gradient.targets), values_of(gradient.seeds), sources);
    mark_unnoted(built, gradient.first, gradient.end);
    for (auto [id, value] : llvm::zip(gradient.results, built.getGradients()))
      if (mlir::Value &known = values_[static_cast<size_t>(id)]; !known) // else it is a seed
        known = value;
  }

  /// Says on what is built for the ops from `first` up to `end` which tapes have not noted it.
  void mark_unnoted(mlir::Operation *built, int first, int end) {
    llvm::SmallVector<int64_t> tapes;
    for (size_t i = 0; i < trace_.gradients.size(); ++i)
      if (std::ranges::any_of(trace_.gradients[i].unnoted, [&](int op) { return op >= first && op < end; }) &&
          is_whole_[i])
        tapes.push_back(static_cast<int64_t>(i));
    if (!tapes.empty())
      built->setAttr(ir::kUnnoted, builder_.getDenseI64ArrayAttr(tapes));
  }

  void build_ops() {
    is_whole_ = whole_gradients();
    has_unnoted_ =
        std::ranges::any_of(trace_.gradients, [](const TraceGradient &gradient) { return !gradient.unnoted.empty(); });
    size_t call = 0, gradient = 0;
    for (size_t op = 0; op < trace_.ops.size();) {
      for (; gradient < trace_.gradients.size() && trace_.gradients[gradient].first < static_cast<int>(op); ++gradient)
        ; // inside a call
      if (gradient < trace_.gradients.size() && trace_.gradients[gradient].first == static_cast<int>(op) &&
          is_whole_[gradient] && !(call < trace_.calls.size() && trace_.calls[call].first == static_cast<int>(op))) {
        build_gradient(gradient);
        op = static_cast<size_t>(trace_.gradients[gradient++].end);
        continue;
      }
      if (calls_ == Calls::kept && call < trace_.calls.size() && trace_.calls[call].first == static_cast<int>(op)) {
        build_call(call);
        op = static_cast<size_t>(trace_.calls[call++].end);
      } else {
        build_op(static_cast<int64_t>(op), trace_.ops[op]);
        ++op;
      }
    }
  }

  void build_call(size_t index) {
    const TraceCall &call = trace_.calls[index];
    const Trace &callee = call.callee->trace();
    llvm::SmallVector<mlir::Value> operands;
    for (const int operand : call.operands)
      operands.push_back(values_[static_cast<size_t>(operand)]);
    for (const int variable : call.variables)
      operands.push_back(refs_[static_cast<size_t>(variable)]);
    llvm::SmallVector<mlir::Type> types;
    for (const int result : call.results)
      types.push_back(type_of(result));
    auto built = ir::CallOp::create(builder_, location_of(call.location, ""), types, callee.name,
                                    static_cast<int64_t>(index), written_variables(callee), operands);
    built->setAttr("etch.op_id", builder_.getI64IntegerAttr(call.first));
    for (auto [id, value] : llvm::zip(call.results, built.getOutputs()))
      if (mlir::Value &known = values_[static_cast<size_t>(id)]; !known) // else it is one of the operands
        known = value;
  }

  void build_op(int64_t id, const TraceOp &op) {
    llvm::SmallVector<mlir::Value> operands;
    if (op.variable >= 0)
      operands.push_back(refs_[static_cast<size_t>(op.variable)]);
    for (int operand : op.operands)
      operands.push_back(values_[static_cast<size_t>(operand)]);
    mlir::Operation *built = ir::build_op(builder_, location_of(op.location, op.scope), *op.def, operands, op.attrs);
    ETCH_CHECK(built != nullptr) << "op " << op.def->name << " of function " << trace_.name;
    if (op.def->may_fail || ops::is_output(op.def->effect))
      built->setAttr("etch.op_id", builder_.getI64IntegerAttr(id));
    if (has_unnoted_)
      mark_unnoted(built, static_cast<int>(id), static_cast<int>(id) + 1);
    for (size_t i = 0; i < op.results.size(); ++i)
      values_[static_cast<size_t>(op.results[i])] = built->getResult(static_cast<unsigned>(i));
  }

  mlir::MLIRContext &context_;
  mlir::OpBuilder builder_;
  const Trace &trace_;
  const Calls calls_;
  std::vector<bool> is_whole_; // by gradient
  bool has_unnoted_ = false;
  std::vector<mlir::Value> values_; // by value id
  std::vector<mlir::Value> refs_;   // by Variable
};

} // namespace

mlir::OwningOpRef<mlir::ModuleOp> build_module(mlir::MLIRContext &context, const Trace &trace, Calls calls) {
  return ModuleBuilder(context, trace, calls).build();
}

} // namespace etch::tracer
