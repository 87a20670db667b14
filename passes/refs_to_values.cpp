// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Turns Variables into values: a read is the latest value written, what was written last leaves as an extra result.
//   %0 = etch.read_variable %ref          ⇒   %0 is the argument that replaced %ref
//   etch.assign_add %ref, %v                  %1 = etch.add %0, %v
//   return %0                                 return %0, %1
// A call takes the values of its refs and gives those that it has written. Assumes straight-line code. Guarantees that
// no ref is left; `etch.written_refs` on the function numbers the refs that the extra results belong to.
#include "ir/build.h"
#include "ir/types.h"
#include "passes/passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace etch::passes {
namespace {

using namespace mlir;

class RefsToValues : public PassWrapper<RefsToValues, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(RefsToValues)
  StringRef getArgument() const final { return "etch-refs-to-values"; }
  StringRef getDescription() const final { return "Turn reads and writes of Variables into values"; }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    Block &block = function.front();
    llvm::SmallVector<Value> refs;
    for (BlockArgument argument : block.getArguments())
      if (isa<ir::RefType>(argument.getType()))
        refs.push_back(argument);
    if (refs.empty())
      return;
    llvm::DenseMap<Value, Value> current;
    for (Value ref : refs)
      current[ref] = block.addArgument(cast<ir::RefType>(ref.getType()).getValueType(), ref.getLoc());
    llvm::DenseSet<Value> written;
    for (Operation &op : llvm::make_early_inc_range(block))
      rewrite(op, current, written);
    finish(function, refs, current, written);
  }

private:
  static void rewrite(Operation &op, llvm::DenseMap<Value, Value> &current, llvm::DenseSet<Value> &written) {
    if (auto call = dyn_cast<ir::CallOp>(op))
      return rewrite_call(call, current, written);
    const ops::OpDef *def = ir::def_of(&op);
    if (!def || (def->effect != ops::Effect::reads_variable && def->effect != ops::Effect::writes_variable))
      return;
    Value ref = op.getOperand(0);
    if (def->effect == ops::Effect::reads_variable) {
      op.getResult(0).replaceAllUsesWith(current[ref]);
    } else {
      Value value = op.getOperand(1);
      if (*def->update) {
        OpBuilder builder(&op);
        value = ir::build_op(builder, op.getLoc(), *ops::find_op(def->update), {current[ref], value}, {})->getResult(0);
      }
      current[ref] = retyped(value, cast<ir::RefType>(ref.getType()).getValueType(), &op);
      written.insert(ref);
    }
    op.erase();
  }

  /// A value whose extents are open may be assigned where they are taken to be the Variable's: readers know those.
  static Value retyped(Value value, Type type, Operation *before) {
    if (value.getType() == type)
      return value;
    OpBuilder builder(before);
    return ir::build_op(builder, before->getLoc(), *ops::find_op("reshape"), value,
                        ops::Attrs{ir::to_tensor_type(type).dims})
        ->getResult(0);
  }

  static void rewrite_call(ir::CallOp call, llvm::DenseMap<Value, Value> &current, llvm::DenseSet<Value> &written) {
    llvm::SmallVector<Value> inputs, refs;
    for (Value input : call.getInputs()) {
      if (isa<ir::RefType>(input.getType()))
        refs.push_back(input);
      inputs.push_back(isa<ir::RefType>(input.getType()) ? current[input] : input);
    }
    llvm::SmallVector<Type> types(call.getResultTypes());
    for (const int64_t position : call.getWrites())
      types.push_back(current[refs[static_cast<size_t>(position)]].getType());
    OpBuilder builder(call);
    auto made = ir::CallOp::create(builder, call.getLoc(), types, inputs, call->getAttrs());
    made.setWrites({}); // they are results now
    for (auto [old_result, new_result] : llvm::zip(call.getResults(), made.getResults()))
      old_result.replaceAllUsesWith(new_result);
    for (auto [position, value] : llvm::zip(call.getWrites(), made.getResults().drop_front(call.getNumResults()))) {
      Value ref = refs[static_cast<size_t>(position)];
      current[ref] = value;
      written.insert(ref);
    }
    call.erase();
  }

  static void finish(func::FuncOp function, llvm::ArrayRef<Value> refs, llvm::DenseMap<Value, Value> &current,
                     const llvm::DenseSet<Value> &written) {
    Block &block = function.front();
    Operation *terminator = block.getTerminator();
    llvm::SmallVector<Value> results(terminator->getOperands());
    llvm::SmallVector<int64_t> numbers;
    for (auto [number, ref] : llvm::enumerate(refs)) {
      if (written.contains(ref)) {
        results.push_back(current[ref]);
        numbers.push_back(static_cast<int64_t>(number));
      }
    }
    terminator->setOperands(results);
    // The replacing arguments were appended in ref order, so erasing the refs leaves every input at its position.
    for (Value ref : llvm::reverse(refs))
      block.eraseArgument(cast<BlockArgument>(ref).getArgNumber());
    function.setType(
        FunctionType::get(function.getContext(), block.getArgumentTypes(), ValueRange(results).getTypes()));
    function->setAttr("etch.written_refs", DenseI64ArrayAttr::get(function.getContext(), numbers));
  }
};

} // namespace

std::unique_ptr<Pass> create_refs_to_values() { return std::make_unique<RefsToValues>(); }

} // namespace etch::passes
