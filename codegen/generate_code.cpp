// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/lower_to_llvm.h"
#include "support/require.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <mutex>

namespace etch::codegen {
namespace {

std::unique_ptr<llvm::TargetMachine> make_target_machine(const Target &target) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  const llvm::Triple triple(llvm::sys::getProcessTriple());
  std::string error;
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  ETCH_CHECK(found != nullptr) << error;
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict; // fma in the text is the only fused operation
  std::unique_ptr<llvm::TargetMachine> machine(found->createTargetMachine(
      triple, target.cpu, target.features, options, llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Default));
  ETCH_CHECK(machine != nullptr) << "no code generator for " << target.cpu;
  return machine;
}

// The emitters already wrote vectors, unrolled: what is left is cleaning up. The default pipeline would take several
// times as long and gain nothing.
void clean_up(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::PassBuilder builder(&machine);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::ModulePassManager passes;
  llvm::Error error = builder.parsePassPipeline(
      passes,
      "function(sroa,early-cse,instcombine<no-verify-fixpoint>,loop-simplify,lcssa,loop-mssa(licm),simplifycfg)");
  ETCH_CHECK(!error) << llvm::toString(std::move(error));
  passes.run(module, modules);
}

/// The only lane that a constant mask lets through; -1 where there are others or none.
int64_t single_lane(const llvm::Value *mask) {
  const auto *constant = llvm::dyn_cast<llvm::Constant>(mask);
  const auto *type = llvm::dyn_cast<llvm::FixedVectorType>(mask->getType());
  int64_t single = -1;
  for (unsigned lane = 0; constant && type && lane < type->getNumElements(); ++lane) {
    const llvm::Constant *element = constant->getAggregateElement(lane);
    if (!element || (!element->isNullValue() && (single >= 0 || !element->isOneValue())))
      return -1;
    if (!element->isNullValue())
      single = lane;
  }
  return single;
}

// LLVM 22 with AVX-512 turns a narrowing conversion and a masked store of a single lane into a store as wide as the
// element was before it, past the end of the buffer. A plain store of that element says the same and is not touched.
void store_single_lanes_plainly(llvm::Module &module) {
  llvm::SmallVector<std::pair<llvm::IntrinsicInst *, int64_t>> found;
  for (llvm::Function &function : module)
    for (llvm::BasicBlock &block : function)
      for (llvm::Instruction &instruction : block)
        if (auto *store = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
            store && store->getIntrinsicID() == llvm::Intrinsic::masked_store)
          if (const int64_t lane = single_lane(store->getArgOperand(2)); lane >= 0)
            found.emplace_back(store, lane);
  for (auto [store, lane] : found) {
    llvm::IRBuilder<> builder(store);
    llvm::Value *element = builder.CreateExtractElement(store->getArgOperand(0), static_cast<uint64_t>(lane));
    llvm::Value *pointer =
        builder.CreateConstGEP1_64(element->getType(), store->getArgOperand(1), static_cast<uint64_t>(lane));
    builder.CreateAlignedStore(element, pointer, store->getParamAlign(1).valueOrOne());
    store->eraseFromParent();
  }
}

} // namespace

llvm::SmallVector<char, 0> generate_code(llvm::Module &module, const Target &target, bool assembly) {
  std::unique_ptr<llvm::TargetMachine> machine = make_target_machine(target);
  module.setDataLayout(machine->createDataLayout());
  module.setTargetTriple(machine->getTargetTriple());
  clean_up(module, *machine);
  store_single_lanes_plainly(module);
  if (target.specialize)
    target.specialize(module);
  llvm::SmallVector<char, 0> code;
  llvm::raw_svector_ostream stream(code);
  llvm::legacy::PassManager passes;
  const auto kind = assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  const bool unsupported = machine->addPassesToEmitFile(passes, stream, nullptr, kind);
  ETCH_CHECK(!unsupported) << "the code generator writes no object files";
  passes.run(module);
  return code;
}

} // namespace etch::codegen
