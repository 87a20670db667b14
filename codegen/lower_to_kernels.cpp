// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Clusters become kernel specs, the function becomes the program that launches them.
//   %0 = etch_kernel.cluster "map" (%x) {…} {places = ["output 0"]}
//     ⇒   etch_kernel.spec "map" @kernel_0 …; etch_exec.program { launch @kernel_0(input 0, output 0) }
// Equal specs become one kernel. Assumes etch-fuse and etch-plan-buffers have run.
#include "codegen/lower_to_kernels.h"

#include "codegen/contraction_spec.h"
#include "codegen/kernel_spec.h"
#include "ir/build.h"
#include "ir/types.h"
#include "passes/cluster_graph.h"
#include "passes/place.h"
#include "support/require.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/StringMap.h"

namespace etch::codegen {
namespace {

using namespace mlir;
using ir::kernel::ClusterOp;
using ir::kernel::SpecOp;
using passes::ClusterGraph;
using passes::Place;

class Lowering {
public:
  explicit Lowering(func::FuncOp function)
      : function_(function), specs_(function), program_(function.getContext()),
        pointer_(LLVM::LLVMPointerType::get(function.getContext())) {}

  void run() {
    auto program = ir::exec::ProgramOp::create(
        specs_, function_.getLoc(), "main", function_->getAttrOfType<ir::DimsAttr>("etch.slots"),
        static_cast<uint64_t>(function_->getAttrOfType<IntegerAttr>("etch.arena_bytes").getInt()));
    program_.setInsertionPointToEnd(&program.getBody().emplaceBlock());
    specs_.setInsertionPoint(program);
    for (BlockArgument argument : function_.getArguments())
      buffers_[argument] = buffer(argument.getLoc(), "input", argument.getArgNumber());
    for (Operation &op : function_.front().without_terminator()) {
      if (auto cluster = dyn_cast<ClusterOp>(op))
        lower(cluster);
      else if (const ops::OpDef *def = ir::def_of(&op); def->op_class == ops::OpClass::opaque)
        lower_host_call(op, *def);
      // A view that keeps its operand's order is the same memory.
    }
    function_.erase();
  }

private:
  Value buffer(mlir::Location location, llvm::StringRef kind, int64_t index) {
    return ir::exec::BufferOp::create(program_, location, pointer_, kind, index);
  }

  Value memory_of(Value value) { return buffers_.lookup(ClusterGraph::base_of(value)); }

  void bind_results(Operation *op, ArrayAttr places) {
    for (auto [result, attr] : llvm::zip(op->getResults(), places)) {
      const Place place = Place::from_attr(cast<StringAttr>(attr));
      buffers_[result] = buffer(result.getLoc(), Place::name_of(place.kind), place.index);
    }
  }

  void lower(ClusterOp cluster) {
    bind_results(cluster, *cluster.getPlaces());
    llvm::SmallVector<Value> inputs, buffers;
    for (Value input : cluster.getInputs())
      inputs.push_back(memory_of(input));
    buffers = inputs;
    for (Value result : cluster.getOutputs())
      buffers.push_back(buffers_[result]);
    if (cluster.getKind() == "concat")
      return lower_concat(cluster, inputs, buffers.back());
    StringAttr kernel;
    if (!only_contracts(cluster))
      kernel = unique(build_kernel_spec(specs_, cluster, next_name()));
    if (cluster.getKind() == "contraction")
      launch_contraction(program_, cluster, kernel, buffers);
    else
      launch(cluster, kernel, buffers);
  }

  void launch(ClusterOp cluster, StringAttr kernel, llvm::ArrayRef<Value> buffers) {
    auto op = ir::exec::LaunchOp::create(program_, cluster.getLoc(), FlatSymbolRefAttr::get(kernel), buffers);
    if (Attribute commits = cluster->getAttr("etch.commits"))
      op->setAttr("etch.commits", commits);
  }

  /// One strided copy per operand.
  void lower_concat(ClusterOp cluster, llvm::ArrayRef<Value> inputs, Value output) {
    Operation *op = cluster.getBody().front().getTerminator()->getOperand(0).getDefiningOp();
    const ops::TensorType result = ir::to_tensor_type(op->getResult(0).getType());
    const auto axis_attr = op->getAttrOfType<IntegerAttr>("axis").getInt();
    const auto axis = static_cast<size_t>(axis_attr < 0 ? axis_attr + result.rank() : axis_attr);
    ops::Dim begin = 0;
    for (Value operand : op->getOperands()) {
      auto [base, source] = view_of(operand);
      ops::IndexMap destination = ops::IndexMap::contiguous(result.dims);
      destination.offset = begin * destination.strides[axis];
      destination.sizes = source.sizes;
      begin = begin + source.sizes[axis];
      StringAttr kernel =
          unique(build_copy_spec(specs_, cluster.getLoc(), result.dtype, source, destination, next_name()));
      Value input = inputs[cast<BlockArgument>(base).getArgNumber()];
      ir::exec::LaunchOp::create(program_, cluster.getLoc(), FlatSymbolRefAttr::get(kernel), ValueRange{input, output});
    }
  }

  void lower_host_call(Operation &op, const ops::OpDef &def) {
    if (op.getNumResults())
      bind_results(&op, op.getAttrOfType<ArrayAttr>("etch.places"));
    llvm::SmallVector<Value> buffers;
    llvm::SmallVector<Attribute> operands, results;
    for (Value operand : op.getOperands()) {
      buffers.push_back(memory_of(operand));
      operands.push_back(TypeAttr::get(operand.getType()));
    }
    for (Value result : op.getResults()) {
      buffers.push_back(buffers_[result]);
      results.push_back(TypeAttr::get(result.getType()));
    }
    const bool prints = ops::is_output(def.effect);
    int64_t &site = prints ? print_sites_ : opaque_sites_;
    auto call = ir::exec::HostCallOp::create(program_, op.getLoc(), prints ? "print" : "opaque", site++, buffers);
    call->setAttr("op", program_.getStringAttr(def.name));
    call->setAttr("operand_types", program_.getArrayAttr(operands));
    call->setAttr("result_types", program_.getArrayAttr(results));
    call->setAttr("attributes", op.getAttrDictionary());
  }

  std::string next_name() const { return "kernel_" + std::to_string(count_); }

  /// The name of an equal spec built before, else this one's.
  StringAttr unique(SpecOp spec) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    StringAttr name = spec.getSymNameAttr();
    spec.setSymName("_");
    spec->print(stream, OpPrintingFlags().useLocalScope().printGenericOpForm());
    spec.setSymNameAttr(name);
    auto [it, inserted] = known_.insert({text, name});
    if (inserted)
      ++count_;
    else
      spec.erase();
    return it->second;
  }

  func::FuncOp function_;
  OpBuilder specs_, program_;
  Type pointer_;
  llvm::DenseMap<Value, Value> buffers_;
  llvm::StringMap<StringAttr> known_;
  int count_ = 0;
  int64_t opaque_sites_ = 0, print_sites_ = 0;
};

class LowerToKernels : public PassWrapper<LowerToKernels, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerToKernels)
  StringRef getArgument() const final { return "etch-lower-to-kernels"; }
  StringRef getDescription() const final { return "Turn clusters into kernel specs and the function into a program"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<ir::kernel::EtchKernelDialect, ir::exec::EtchExecDialect, LLVM::LLVMDialect>();
  }
  void runOnOperation() override {
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      Lowering(function).run();
  }
};

} // namespace

std::unique_ptr<Pass> create_lower_to_kernels() { return std::make_unique<LowerToKernels>(); }

} // namespace etch::codegen
