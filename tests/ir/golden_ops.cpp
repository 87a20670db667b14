// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/ir/golden_ops.h"

#include "ir/build.h"
#include "ir/types.h"

#include <mlir/Dialect/Func/IR/FuncOps.h>

namespace etch::ir {

std::vector<ops::Golden> all_goldens() {
  std::vector<ops::Golden> goldens;
#define ETCH_GOLDEN(op_index, text) goldens.push_back(ops::parse_golden(ops::registry()[op_index], text, DType::f32));
#include "ops/contract_rows.inc"
  return goldens;
}

mlir::OwningOpRef<mlir::ModuleOp> module_of(mlir::MLIRContext &context, const ops::Golden &golden, bool symbolic) {
  mlir::OpBuilder builder(&context);
  const mlir::Location location = builder.getUnknownLoc();
  mlir::OwningOpRef<mlir::ModuleOp> module(mlir::ModuleOp::create(location));
  builder.setInsertionPointToEnd(module->getBody());
  llvm::SmallVector<mlir::Type> types;
  for (const ops::GoldenTensor &operand : golden.operands) {
    ops::TensorType type = operand.type;
    for (ops::Dim &dim : type.dims)
      if (symbolic && dim.value() > 1)
        dim = ops::Dim::symbol("n" + dim.text());
    types.push_back(to_mlir_type(&context, type));
  }
  auto function = mlir::func::FuncOp::create(builder, location, "main", builder.getFunctionType(types, {}));
  mlir::Block *block = function.addEntryBlock();
  builder.setInsertionPointToEnd(block);
  mlir::Operation *op = build_op(builder, location, *golden.op, block->getArguments(), golden.attrs);
  if (!op)
    return {};
  function.setFunctionType(builder.getFunctionType(types, op->getResultTypes()));
  mlir::func::ReturnOp::create(builder, location, op->getResults());
  return module;
}

std::string text_of(mlir::Operation *op) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  op->print(stream);
  return text;
}

} // namespace etch::ir
