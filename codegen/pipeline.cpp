// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/pipeline.h"

#include "codegen/emit_program.h"
#include "codegen/lower_to_kernels.h"
#include "codegen/lower_to_llvm.h"
#include "passes/passes.h"
#include "support/require.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"

#include <algorithm>
#include <chrono>
#include <iostream>

namespace etch::codegen {
using namespace mlir;

namespace {

class PassLog final : public PassInstrumentation {
public:
  explicit PassLog(std::string name) : name_(std::move(name)) {}

  void runBeforePass(Pass *, Operation *) override { start_ = std::chrono::steady_clock::now(); }
  void runAfterPass(Pass *pass, Operation *root) override {
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start_;
    if (pass->getArgument().empty()) // what nests the others
      return;
    int64_t operations = 0;
    root->walk(
        [&](Operation *op) { operations += op->getNumRegions() == 0 && !op->hasTrait<OpTrait::IsTerminator>(); });
    std::cerr << "etch: " << name_ << ": " << pass->getArgument().str() << " has taken " << taken.count() << " ms; "
              << operations << " operations\n";
  }

private:
  const std::string name_;
  std::chrono::steady_clock::time_point start_;
};

} // namespace

void run_passes(ModuleOp module, llvm::function_ref<void(OpPassManager &)> fill, const std::string &logged_name) {
  std::string said;
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diagnostic) {
    said += (said.empty() ? "" : "; ") + diagnostic.str();
    return success();
  });
  PassManager passes(module.getContext(), ModuleOp::getOperationName());
#ifdef NDEBUG
  passes.enableVerifier(false);
#endif
  if (!logged_name.empty())
    passes.addInstrumentation(std::make_unique<PassLog>(logged_name));
  fill(passes);
  const bool ok = succeeded(passes.run(module));
  ETCH_CHECK(ok) << said;
}

const std::vector<std::string> &optional_passes() {
  static const std::vector<std::string> names{"simplify", "prune_unused", "fuse", "plan_buffers"};
  return names;
}

const char *name_of(Phase phase) {
  static constexpr const char *names[] = {"etch", "optimized", "kernels", "exec", "llvm", "assembly"};
  return names[static_cast<int>(phase)];
}

// Everything that happens to a function between its trace and its machine code, in order.
void Pipeline::run(ModuleOp module, Phase last, llvm::function_ref<void(Phase)> done) {
  const auto enabled = [&](std::string_view name) {
    return std::find(options.disabled_passes.begin(), options.disabled_passes.end(), name) ==
           options.disabled_passes.end();
  };
  const std::string logged_name = options.log_passes ? options.name : "";
  done(Phase::etch);
  if (last == Phase::etch)
    return;

  run_passes(
      module,
      [&](OpPassManager &passes) {
        OpPassManager &function = passes.nest<func::FuncOp>();
        // On what was recorded, as it was recorded: tapes go through reads of Variables, and add up use by use.
        function.addPass(passes::create_build_gradient());
        // Variables become values first: everything later may assume that ops have no state.
        function.addPass(passes::create_refs_to_values());
        // Before composites are expanded, so that equal composites are merged while they are one op.
        if (enabled("simplify"))
          function.addPass(passes::create_simplify());
        function.addPass(passes::create_expand_composites());
        // Fusion and the emitters know reductions over one group of adjacent axes.
        function.addPass(passes::create_split_reductions());
        // Again: expansions repeat one another's subexpressions.
        if (enabled("simplify"))
          function.addPass(passes::create_simplify());
        if (enabled("prune_unused"))
          function.addPass(passes::create_prune_unused());
        // Without merging, every op is a kernel of its own: the oracle for fusion.
        function.addPass(passes::create_fuse(enabled("fuse")));
        // Last, when it is known which values reach memory at all.
        function.addPass(passes::create_plan_buffers(enabled("plan_buffers")));
      },
      logged_name);
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (auto refs = function->getAttrOfType<DenseI64ArrayAttr>("etch.written_refs"))
    for (int64_t ref : refs.asArrayRef())
      written_refs.push_back(static_cast<int>(ref));
  done(Phase::optimized);
  if (last == Phase::optimized)
    return;

  run_passes(module, [](OpPassManager &passes) { passes.addPass(create_lower_to_kernels()); }, logged_name);
  done(Phase::kernels);
  if (last == Phase::kernels)
    return;

  module.getContext()
      ->loadDialect<arith::ArithDialect, cf::ControlFlowDialect, LLVM::LLVMDialect, math::MathDialect, scf::SCFDialect,
                    ub::UBDialect, vector::VectorDialect>();
  emit_program(module, target, dims);
  done(Phase::exec);
  if (last == Phase::exec)
    return;

  const bool lowered = succeeded(lower_to_llvm_dialect(module));
  ETCH_CHECK(lowered) << "kernels could not be lowered";
  llvm_module = translate(module, llvm_context, target);
  done(Phase::llvm);
  if (last == Phase::llvm)
    return;

  code = generate_code(*llvm_module, target, last == Phase::assembly);
  done(Phase::assembly);
}

} // namespace etch::codegen
