// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/lower_to_llvm.h"
#include "support/require.h"

#include "llvm/ADT/SmallVector.h"
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
  std::unique_ptr<llvm::TargetMachine> machine(found->createTargetMachine(triple, target.cpu, target.features, options,
                                                                          llvm::Reloc::PIC_, std::nullopt,
                                                                          llvm::CodeGenOptLevel::Default));
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
      passes, "function(sroa,early-cse,instcombine<no-verify-fixpoint>,loop-simplify,lcssa,loop-mssa(licm),simplifycfg)");
  ETCH_CHECK(!error) << llvm::toString(std::move(error));
  passes.run(module, modules);
}

} // namespace

llvm::SmallVector<char, 0> generate_code(llvm::Module &module, const Target &target, bool assembly) {
  std::unique_ptr<llvm::TargetMachine> machine = make_target_machine(target);
  module.setDataLayout(machine->createDataLayout());
  module.setTargetTriple(machine->getTargetTriple());
  clean_up(module, *machine);
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
