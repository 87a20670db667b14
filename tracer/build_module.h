// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/type_id.h"

#include "tracer/trace.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace etch::tracer {

/// One func.func @main. Arguments: the defined arguments of the trace, then the captured tensors, then one !etch.ref
/// per Variable. Results: the distinct values of the trace's results (layout_results). Ops that may fail or print carry
/// `etch.op_id`, their position in the trace. The calls of the trace are etch.call, or the ops they stand for.
enum class Calls { kept, inlined };
mlir::OwningOpRef<mlir::ModuleOp> build_module(mlir::MLIRContext &context, const Trace &trace,
                                               Calls calls = Calls::kept);

} // namespace etch::tracer
