// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/count_operations.h"

#include "codegen/pipeline.h"
#include "ir/attrs.h"
#include "ir/build.h"
#include "ir/scalar_expr.h"
#include "ir/types.h"
#include "ops/operation_count.h"
#include "passes/passes.h"
#include "passes/views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/CastInterfaces.h"

#include <map>

namespace etch::codegen {
namespace {

using namespace mlir;

ops::TensorType type_of(Value value) { return ir::to_tensor_type(value.getType()); }

/// Arithmetic operations that were built in a block; the bodies of loops count once, those of branches not at all.
int64_t operations_in(Block &block) {
  int64_t count = 0;
  for (Operation &op : block) {
    if (isa<arith::ConstantOp, scf::YieldOp, scf::ConditionOp, scf::IfOp>(op) || isa<CastOpInterface>(op))
      continue;
    if (auto loop = dyn_cast<scf::WhileOp>(op)) {
      for (Region &region : loop->getRegions())
        count += operations_in(region.front());
      continue;
    }
    count += isa<math::FmaOp>(op) ? 2 : 1;
  }
  return count;
}

class Counter {
public:
  explicit Counter(ModuleOp module) : module_(module) {}

  ops::Dim count() {
    ops::Dim total = 0;
    for (Operation &op : module_.lookupSymbol<func::FuncOp>("main").front().without_terminator())
      total = total + operations_of(op);
    return total;
  }

private:
  ops::Dim operations_of(Operation &op) {
    const ops::OpDef &def = *ir::def_of(&op);
    switch (def.op_class) {
    case ops::OpClass::elementwise:
      return def.converts ? ops::Dim(0) : elements(type_of(op.getResult(0))) * ops::Dim(operations_of_text(op, def));
    case ops::OpClass::contraction:
      return products_of(op, def) * ops::Dim(2);
    case ops::OpClass::reduction:
      return elements(type_of(op.getOperand(0)));
    case ops::OpClass::opaque:
      return operations_of_opaque(op, def);
    default:
      return 0;
    }
  }

  /// One for each point of the space that the einsum spans: the result's, and what is summed for each of its elements.
  static ops::Dim products_of(Operation &op, const ops::OpDef &def) {
    const std::string_view einsum = def.einsum, a = einsum.substr(0, einsum.find(',')),
                           result = einsum.substr(einsum.find('>') + 1);
    const ops::Dims dims = type_of(op.getOperand(0)).dims;
    ops::Dim products = elements(type_of(op.getResult(0)));
    for (size_t axis = 1; axis <= dims.size() && axis <= a.size(); ++axis) {
      const char letter = a[a.size() - axis];
      if (letter == '.')
        break;
      if (result.find(letter) == std::string_view::npos)
        products = products * dims[dims.size() - axis];
    }
    return products;
  }

  static ops::Dim operations_of_opaque(Operation &op, const ops::OpDef &def) {
    if (op.getNumResults() == 0) // prints and checks
      return 0;
    std::vector<ops::TensorType> types;
    for (Value operand : op.getOperands())
      types.push_back(type_of(operand));
    ops::InferContext lenient(false);
    const ops::Attrs attrs = ir::attrs_of(&op, def);
    return ops::operation_count({def, types, attrs, lenient, {}}, type_of(op.getResult(0)));
  }

  /// Writes the text's body for one element and counts what it is made of.
  int64_t operations_of_text(Operation &op, const ops::OpDef &def) {
    std::vector<DType> dtypes;
    for (Value operand : op.getOperands())
      dtypes.push_back(type_of(operand).dtype);
    const DType result = type_of(op.getResult(0)).dtype;
    for (const ops::Attr &value : passes::text_values(&op))
      dtypes.push_back(std::holds_alternative<ops::Scalar>(value) ? std::get<ops::Scalar>(value).dtype : result);
    if (def.uses_position)
      dtypes.push_back(result);
    for (DType &dtype : dtypes) // f16 and bf16 are computed with in f32
      dtype = is_half(dtype) ? DType::f32 : dtype;
    const auto [known, is_new] = texts_.try_emplace({def.index, dtypes}, 0);
    if (!is_new)
      return known->second;
    ImplicitLocOpBuilder builder(module_.getLoc(), module_.getContext());
    Block block;
    builder.setInsertionPointToEnd(&block);
    llvm::SmallVector<ir::ScalarExpr> parameters;
    for (const DType dtype : dtypes) {
      const unsigned bits = dtype == DType::boolean ? 1 : static_cast<unsigned>(size_of(dtype)) * 8;
      const Type type = is_floating(dtype) ? ir::to_element_type(module_.getContext(), dtype)
                                           : static_cast<Type>(builder.getIntegerType(bits));
      parameters.push_back({block.addArgument(type, module_.getLoc()), &builder, dtype});
    }
    ir::build_scalar(def.index, parameters);
    return known->second = operations_in(block);
  }

  ModuleOp module_;
  std::map<std::pair<int, std::vector<DType>>, int64_t> texts_; // by op and dtypes
};

} // namespace

ops::Dim count_operations(ModuleOp module) {
  run_passes(module, [](OpPassManager &passes) {
    OpPassManager &function = passes.nest<func::FuncOp>();
    function.addPass(passes::create_refs_to_values());
    function.addPass(passes::create_expand_composites());
  });
  module.getContext()
      ->loadDialect<arith::ArithDialect, LLVM::LLVMDialect, math::MathDialect, scf::SCFDialect, ub::UBDialect,
                    vector::VectorDialect>();
  return Counter(module).count();
}

} // namespace etch::codegen
