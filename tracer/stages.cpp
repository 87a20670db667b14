// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/stages.h"

#include "codegen/count_operations.h"
#include "codegen/shared_code.h"
#include "ir/context.h"
#include "runtime/float_environment.h"
#include "support/environment.h"
#include "tracer/build_module.h"
#include "tracer/concrete_function.h"
#include "tracer/debug.h"

namespace etch::tracer {
namespace {

codegen::CompileOptions options_for(const Trace &trace) {
  return {trace.name,
          support::environment("ETCH_DUMP"),
          support::environment_words("ETCH_DISABLE", codegen::optional_passes()),
          debugs("passes"),
          debugs("kernels"),
          debugs("timing"),
          {}};
}

codegen::Phase to_codegen(Phase phase) {
  switch (phase) {
  case Phase::optimized:
    return codegen::Phase::optimized;
  case Phase::kernels:
    return codegen::Phase::kernels;
  case Phase::exec:
    return codegen::Phase::exec;
  case Phase::llvm:
    return codegen::Phase::llvm;
  case Phase::assembly:
    return codegen::Phase::assembly;
  }
  return codegen::Phase::etch;
}

// Compiling computes constants, which are to be those of eager code whatever rounding the host has set.
using runtime::FloatEnvironment;

std::string text_in(const Trace &trace, codegen::Phase phase) {
  const FloatEnvironment environment;
  const ir::ContextPtr context = ir::make_context();
  mlir::OwningOpRef<mlir::ModuleOp> module = build_module(*context, trace);
  return codegen::lower_to_text(*module, phase, options_for(trace));
}

} // namespace

codegen::Compiled compile_trace(const Trace &trace) {
  const FloatEnvironment environment;
  const ir::ContextPtr context = ir::make_context();
  mlir::OwningOpRef<mlir::ModuleOp> module = build_module(*context, trace);
  codegen::CompileOptions options = options_for(trace);
  for (const TraceCall &call : trace.calls)
    options.callees.push_back(call.callee->shared_executable());
  return codegen::compile_or_share(*module, options);
}

ops::Dim count_operations(const Trace &trace) {
  const ir::ContextPtr context = ir::make_context();
  mlir::OwningOpRef<mlir::ModuleOp> module = build_module(*context, trace, Calls::inlined);
  return codegen::count_operations(*module);
}

std::string etch_text(const Trace &trace) { return text_in(trace, codegen::Phase::etch); }

std::string graph_text(const Trace &trace) {
  const FloatEnvironment environment;
  const ir::ContextPtr context = ir::make_context();
  mlir::OwningOpRef<mlir::ModuleOp> module = build_module(*context, trace);
  return codegen::graph_text(*module, options_for(trace));
}

std::string lowered_text(const Trace &trace, Phase phase) { return text_in(trace, to_codegen(phase)); }

} // namespace etch::tracer
