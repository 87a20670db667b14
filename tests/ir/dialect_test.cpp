// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/attrs.h"
#include "ir/build.h"
#include "ir/context.h"
#include "ir/tensor_expr.h"
#include "ir/types.h"
#include "tests/ir/golden_ops.h"

#include <gtest/gtest.h>
#include <mlir/Dialect/Func/IR/FuncOps.h>
#include <mlir/IR/Verifier.h>
#include <mlir/Interfaces/SideEffectInterfaces.h>
#include <mlir/Parser/Parser.h>

namespace etch::ir {
namespace {

class Dialect : public testing::Test {
protected:
  Dialect() : context_(make_context()) {
    context_->getDiagEngine().registerHandler(
        [this](mlir::Diagnostic &diagnostic) { said_ += diagnostic.str() + "\n"; });
  }

  mlir::OwningOpRef<mlir::ModuleOp> parse(const std::string &text) {
    said_.clear();
    return mlir::parseSourceString<mlir::ModuleOp>(text, context_.get());
  }
  // What the verifier says about one op between given argument types.
  std::string complaint(const std::string &arguments, const std::string &op) {
    EXPECT_FALSE(parse("func.func @f(" + arguments + ") { %r = " + op + " return }")) << op;
    return said_;
  }
  static mlir::Operation &main_op(mlir::ModuleOp module) {
    return module.lookupSymbol<mlir::func::FuncOp>("main").getBody().front().front();
  }

  ContextPtr context_;
  std::string said_;
};

TEST_F(Dialect, ParsesWhatItPrints) {
  for (bool symbolic : {false, true})
    for (const ops::Golden &golden : all_goldens()) {
      auto module = module_of(*context_, golden, symbolic);
      ASSERT_TRUE(module) << golden.op->name << said_;
      ASSERT_TRUE(mlir::succeeded(mlir::verify(*module))) << golden.op->name << said_;
      const std::string text = text_of(*module);
      auto again = parse(text);
      ASSERT_TRUE(again) << text << said_;
      EXPECT_EQ(text_of(*again), text);
    }
}

TEST_F(Dialect, KeepsAttributesThroughMlir) {
  for (const ops::Golden &golden : all_goldens()) {
    auto module = module_of(*context_, golden);
    mlir::Operation &op = main_op(*module);
    ASSERT_EQ(def_of(&op), golden.op);
    EXPECT_EQ(attrs_of(&op, *golden.op), golden.attrs) << golden.op->name;
    EXPECT_EQ(to_tensor_type(op.getResult(0).getType()).text(), golden.results.at(0).type.text());
  }
}

TEST_F(Dialect, ExpandsEveryCompositeToOpsThatVerify) {
  int expanded = 0;
  for (bool symbolic : {false, true})
    for (const ops::Golden &golden : all_goldens()) {
      if (golden.op->op_class != ops::OpClass::composite)
        continue;
      auto module = module_of(*context_, golden, symbolic);
      bool changed = true;
      while (changed) {
        changed = false;
        for (mlir::Operation &op :
             llvm::make_early_inc_range(module->lookupSymbol<mlir::func::FuncOp>("main").getBody().front())) {
          const ops::OpDef *def = def_of(&op);
          if (!def || def->op_class != ops::OpClass::composite)
            continue;
          mlir::OpBuilder builder(&op);
          op.replaceAllUsesWith(expand_composite(builder, &op));
          op.erase();
          changed = true;
          ++expanded;
        }
      }
      EXPECT_TRUE(mlir::succeeded(mlir::verify(*module))) << text_of(*module) << said_;
    }
  EXPECT_GT(expanded, 30);
}

/// One dtype and rank, and extents that the op's own rule assumes to be equal where they are unknown.
bool is_compatible(mlir::Type a, mlir::Type b) {
  const ops::TensorType left = to_tensor_type(a), right = to_tensor_type(b);
  ops::InferContext lenient(false);
  bool fits = left.dtype == right.dtype && left.rank() == right.rank();
  for (size_t i = 0; fits && i < left.dims.size(); ++i)
    fits = lenient.equal(left.dims[i], right.dims[i], {});
  return fits;
}

TEST_F(Dialect, BuildsGradientsThatVerify) {
  for (bool symbolic : {false, true})
    for (const ops::Golden &golden : all_goldens()) {
      if (*golden.op->vjp == 0 || !is_floating(golden.results.at(0).type.dtype))
        continue;
      auto module = module_of(*context_, golden, symbolic);
      mlir::Operation &op = main_op(*module);
      mlir::OpBuilder builder(&op);
      builder.setInsertionPointAfter(&op);
      const auto gradients = build_vjp(builder, &op, op.getResult(0));
      for (auto [gradient, operand] : llvm::zip_equal(gradients, op.getOperands())) {
        if (gradient) {
          EXPECT_TRUE(is_compatible(gradient.getType(), operand.getType())) << golden.op->name;
        }
      }
      EXPECT_TRUE(mlir::succeeded(mlir::verify(*module))) << text_of(*module) << said_;
    }
}

TEST_F(Dialect, RejectsWhatTheShapeRulesReject) {
  EXPECT_NE(complaint("%a: tensor<2x3xf32>, %b: tensor<4x5xf32>",
                      "etch.matmul %a, %b : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>")
                .find("matmul: inner dimensions must match, got a: f32[2,3] and b: f32[4,5] (3 != 4)"),
            std::string::npos);
  EXPECT_NE(complaint("%a: tensor<2xf32>", "etch.exp %a : (tensor<2xf32>) -> tensor<3xf32>")
                .find("must have result type 'tensor<2xf32>', got 'tensor<3xf32>'"),
            std::string::npos);
  EXPECT_NE(complaint("%a: tensor<?xf32>", "etch.exp %a : (tensor<?xf32>) -> tensor<?xf32>").find("with #etch.dims"),
            std::string::npos);
  EXPECT_NE(complaint("%a: tensor<2xcomplex<f32>>", "etch.exp %a : (tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>>")
                .find("known element type"),
            std::string::npos);
  EXPECT_NE(complaint("%a: tensor<2xf32>",
                      "etch.reduce_sum %a {axes = array<i64: 7>, keep_dims = false} : (tensor<2xf32>) -> tensor<f32>")
                .find("reduce_sum: axis must be in [-1, 1) for f32[2], got 7"),
            std::string::npos);
  EXPECT_NE(complaint("%a: tensor<2xf32>",
                      "etch.transpose %a {permutation = array<i64: 9>} : (tensor<2xf32>) -> tensor<2xf32>")
                .find("permutation must name every axis"),
            std::string::npos);
  EXPECT_NE(complaint("%a: tensor<2xf32>", "etch.cast %a {dtype = complex<f32>} : (tensor<2xf32>) -> tensor<2xf32>")
                .find("attributes that its record does not describe"),
            std::string::npos);
  EXPECT_NE(
      complaint(
          "%a: tensor<9223372036854775807xi8>, %b: tensor<9223372036854775807xi8>",
          "etch.concat %a, %b {axis = 0 : i64} : (tensor<9223372036854775807xi8>, tensor<9223372036854775807xi8>) -> "
          "tensor<2xi8>")
          .find("dimensions must fit in 63 bits"),
      std::string::npos);
}

TEST_F(Dialect, ChecksDimensionExpressions) {
  const auto type = [](const std::string &text) { return "func.func private @f(" + text + ")"; };
  EXPECT_TRUE(parse(type("tensor<?x128xf32, #etch.dims<[\"n\", 128]>>")));
  EXPECT_TRUE(parse(type("tensor<?xf32, #etch.dims<[\"[(n+1)/2]\"]>>")));
  EXPECT_FALSE(parse(type("tensor<?x128xf32, #etch.dims<[\"n\"]>>")));
  EXPECT_NE(said_.find("one entry per dimension"), std::string::npos);
  EXPECT_FALSE(parse(type("tensor<?x128xf32, #etch.dims<[\"n\", 127]>>")));
  EXPECT_FALSE(parse(type("tensor<?xf32, #etch.dims<[5]>>")));
  EXPECT_FALSE(parse(type("tensor<4xf32, #etch.dims<[\"n\"]>>")));
  EXPECT_FALSE(parse(type("tensor<?xf32, #etch.dims<[\"n n\"]>>")));
  EXPECT_NE(said_.find("canonical form"), std::string::npos);
  EXPECT_FALSE(parse(type("tensor<?xf32, #etch.dims<[\"1+n\"]>>")));
  EXPECT_FALSE(parse(type("tensor<?xf32, #etch.dims<[99999999999999999999]>>")));
  EXPECT_FALSE(parse(type("tensor<?xf32, #etch.dims<\"n\">>")));
}

TEST_F(Dialect, StatesEffects) {
  auto module = parse(R"(func.func @main(%v: !etch.ref<tensor<2xf32>>, %i: tensor<1xi32>) {
    %0 = etch.read_variable %v : (!etch.ref<tensor<2xf32>>) -> tensor<2xf32>
    %1 = etch.exp %0 : (tensor<2xf32>) -> tensor<2xf32>
    etch.assign_add %v, %1 : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
    %2 = etch.gather %1, %i {axis = 0 : i64, mode = "error"} : (tensor<2xf32>, tensor<1xi32>) -> tensor<1xf32>
    etch.print %2 {format = "{}"} : (tensor<1xf32>) -> ()
    return
  })");
  ASSERT_TRUE(module) << said_;
  std::vector<std::string> effects;
  for (mlir::Operation &op : module->lookupSymbol<mlir::func::FuncOp>("main").getBody().front().without_terminator()) {
    std::string text;
    llvm::SmallVector<mlir::MemoryEffects::EffectInstance> found;
    mlir::cast<mlir::MemoryEffectOpInterface>(op).getEffects(found);
    for (const auto &effect : found)
      text += std::string(mlir::isa<mlir::MemoryEffects::Read>(effect.getEffect()) ? "read " : "write ") +
              (effect.getValue() ? "variable " : effect.getResource()->getName().str() + " ");
    effects.push_back(text);
  }
  EXPECT_EQ(effects, (std::vector<std::string>{"read variable ", "", "read variable write variable ",
                                               "write etch::Stream ", "write etch::Stream "}));
}

TEST_F(Dialect, RoundTripsElementTypes) {
  for (DType dtype :
       {DType::boolean, DType::u8, DType::i8, DType::i16, DType::i32, DType::i64, DType::f32, DType::f64}) {
    EXPECT_EQ(to_dtype(to_element_type(context_.get(), dtype)), dtype);
    for (double value : {0.0, -0.0, 1.0, -3.0, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
      const ops::Scalar scalar = ops::Scalar::of(dtype, value);
      EXPECT_EQ(to_scalar(to_typed_attr(context_.get(), scalar)), scalar) << name_of(dtype) << " " << value;
    }
  }
}

} // namespace
} // namespace etch::ir
