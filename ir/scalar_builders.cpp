// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every scalar text of the table, instantiated for kernel bodies.
#include "ir/scalar_expr.h"

#include "ops/op_def.h"
#include "ops/scalar_text.h"

namespace etch::ir {
namespace {

#include "ops/scalar_builders.inc"

const ops::OpDef &row(int op_index) { return ops::registry()[static_cast<size_t>(op_index)]; }

} // namespace

ScalarExpr build_scalar(int op_index, std::span<const ScalarExpr> parameters) {
  return build_elementwise<ScalarExpr>(op_index, parameters);
}

ScalarExpr build_reduction_init(int op_index, mlir::ImplicitLocOpBuilder &builder, DType dtype) {
  return scalar_constant(builder, ops::Scalar::of(dtype, row(op_index).init));
}

ScalarExpr build_reduction_empty(int op_index, mlir::ImplicitLocOpBuilder &builder, DType dtype) {
  return scalar_constant(builder, ops::Scalar::of(dtype, row(op_index).empty));
}

ScalarExpr build_reduction_combine(int op_index, const ScalarExpr &a, const ScalarExpr &b) {
  return build_combine<ScalarExpr>(op_index, a, b);
}

} // namespace etch::ir
