// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/context.h"
#include "ir/scalar_expr.h"
#include "ir/types.h"
#include "support/require.h"
#include "tests/ir/golden_ops.h"

#include <cmath>
#include <cstring>
#include <functional>

#include <gtest/gtest.h>
#include <llvm/Support/TargetSelect.h>
#include <mlir/Conversion/ArithToLLVM/ArithToLLVM.h>
#include <mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h>
#include <mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h>
#include <mlir/Conversion/MathToLLVM/MathToLLVM.h>
#include <mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h>
#include <mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h>
#include <mlir/Dialect/Arith/IR/Arith.h>
#include <mlir/Dialect/Func/IR/FuncOps.h>
#include <mlir/Dialect/LLVMIR/LLVMDialect.h>
#include <mlir/Dialect/Math/IR/Math.h>
#include <mlir/Dialect/SCF/IR/SCF.h>
#include <mlir/Dialect/Vector/IR/VectorOps.h>
#include <mlir/ExecutionEngine/ExecutionEngine.h>
#include <mlir/Pass/Pass.h>
#include <mlir/Pass/PassManager.h>
#include <mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h>
#include <mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h>

namespace etch::ir {
namespace {

constexpr int kLanes = 4;

/// Compiles bodies written through ScalarExpr over vectors and runs them on one element in every lane.
class Bodies {
public:
  using Body = std::function<ScalarExpr(std::span<const ScalarExpr>)>;

  Bodies() : context_(make_context()), module_(mlir::ModuleOp::create(mlir::UnknownLoc::get(context_.get()))) {
    context_->loadDialect<mlir::arith::ArithDialect, mlir::math::MathDialect, mlir::scf::SCFDialect,
                          mlir::vector::VectorDialect, mlir::LLVM::LLVMDialect>();
    mlir::DialectRegistry registry;
    mlir::registerBuiltinDialectTranslation(registry);
    mlir::registerLLVMDialectTranslation(registry);
    context_->appendDialectRegistry(registry);
  }

  void add(const std::string &name, const std::vector<DType> &operands, const Body &body) {
    mlir::ImplicitLocOpBuilder b(mlir::UnknownLoc::get(context_.get()), context_.get());
    b.setInsertionPointToEnd(module_->getBody());
    auto pointer = mlir::LLVM::LLVMPointerType::get(context_.get());
    llvm::SmallVector<mlir::Type> types(operands.size() + 1, pointer);
    auto function = mlir::func::FuncOp::create(b, name, b.getFunctionType(types, {}));
    b.setInsertionPointToStart(function.addEntryBlock());
    llvm::SmallVector<ScalarExpr> values;
    for (size_t i = 0; i < operands.size(); ++i) {
      const unsigned bits = static_cast<unsigned>(8 * size_of(operands[i]));
      const bool is_whole = !is_floating(operands[i]) || operands[i] == DType::bf16; // bits, as in kernels
      mlir::Type element = is_whole ? b.getIntegerType(bits) : to_element_type(context_.get(), operands[i]);
      mlir::Value value = mlir::LLVM::LoadOp::create(b, mlir::VectorType::get(kLanes, element),
                                                     function.getArgument(static_cast<unsigned>(i)));
      if (operands[i] == DType::boolean)
        value = mlir::arith::TruncIOp::create(b, mlir::VectorType::get(kLanes, b.getI1Type()), value);
      values.emplace_back(value, &b, operands[i]);
    }
    mlir::Value result = body(values).value;
    if (mlir::getElementTypeOrSelf(result).isInteger(1))
      result = mlir::arith::ExtUIOp::create(b, mlir::VectorType::get(kLanes, b.getI8Type()), result);
    mlir::LLVM::StoreOp::create(b, result, function.getArguments().back());
    mlir::func::ReturnOp::create(b);
  }

  void compile() {
    mlir::PassManager passes(context_.get());
    passes.addPass(mlir::createSCFToControlFlowPass());
    passes.addPass(mlir::createConvertVectorToLLVMPass());
    passes.addPass(mlir::createArithToLLVMConversionPass());
    passes.addPass(mlir::createConvertControlFlowToLLVMPass());
    passes.addPass(mlir::createConvertMathToLLVMPass());
    passes.addPass(mlir::createConvertFuncToLLVMPass());
    ETCH_CHECK(mlir::succeeded(passes.run(*module_)));
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    auto engine = mlir::ExecutionEngine::create(*module_);
    ETCH_CHECK(engine);
    engine_ = std::move(*engine);
  }

  ops::Scalar run(const std::string &name, const std::vector<ops::Scalar> &operands, DType result) {
    auto address = engine_->lookup(name);
    ETCH_CHECK(address) << name;
    alignas(32) unsigned char memory[4][kLanes * 8] = {};
    for (size_t i = 0; i < operands.size(); ++i)
      for (int lane = 0; lane < kLanes; ++lane)
        std::memcpy(memory[i] + lane * static_cast<int>(size_of(operands[i].dtype)), &operands[i].bits,
                    size_of(operands[i].dtype));
    unsigned char *out = memory[3];
    void *code = *address;
    switch (operands.size()) {
    case 1:
      reinterpret_cast<void (*)(void *, void *)>(code)(memory[0], out);
      break;
    case 2:
      reinterpret_cast<void (*)(void *, void *, void *)>(code)(memory[0], memory[1], out);
      break;
    case 3:
      reinterpret_cast<void (*)(void *, void *, void *, void *)>(code)(memory[0], memory[1], memory[2], out);
      break;
    default:
      ADD_FAILURE() << name;
    }
    ops::Scalar scalar{result, 0};
    const size_t size = size_of(result);
    std::memcpy(&scalar.bits, out, size);
    EXPECT_EQ(std::memcmp(out, out + (kLanes - 1) * size, size), 0) << name;
    return scalar;
  }

private:
  ContextPtr context_;
  mlir::OwningOpRef<mlir::ModuleOp> module_;
  std::unique_ptr<mlir::ExecutionEngine> engine_;
};

// Sixteen units in the last place: wrong texts are far off, and accuracy is measured elsewhere.
bool is_close(const ops::Scalar &got, const ops::Scalar &expected) {
  const double a = got.as_double(), b = expected.as_double();
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  const double ulp = got.dtype == DType::f32 ? 0x1p-23 : got.dtype == DType::f64 ? 0x1p-52 : 0;
  return a == b ? std::signbit(a) == std::signbit(b) : std::fabs(a - b) <= 16 * ulp * std::fabs(b);
}

TEST(ScalarExpr, BodiesOfElementwiseOpsComputeTheGoldens) {
  Bodies bodies;
  std::vector<ops::Golden> goldens;
  for (ops::Golden &golden : all_goldens()) {
    const auto &operands = golden.operands;
    const bool plain = golden.op->op_class == ops::OpClass::elementwise && !golden.op->converts && !operands.empty() &&
                       golden.attrs.empty() && std::all_of(operands.begin(), operands.end(), [&](const auto &operand) {
                         return operand.type.dims == operands[0].type.dims;
                       });
    if (plain)
      goldens.push_back(std::move(golden));
  }
  // A golden that names no dtype is computed in both floats.
  const auto dtype_of = [](const ops::GoldenTensor &tensor, DType wanted) {
    return tensor.has_dtype || tensor.type.dtype == DType::boolean ? tensor.type.dtype : wanted;
  };
  const auto name_of_case = [](size_t index, DType dtype) { return "f" + std::to_string(index) + name_of(dtype); };
  for (size_t i = 0; i < goldens.size(); ++i)
    for (DType dtype : {DType::f32, DType::f64}) {
      std::vector<DType> dtypes;
      for (const ops::GoldenTensor &operand : goldens[i].operands)
        dtypes.push_back(dtype_of(operand, dtype));
      bodies.add(name_of_case(i, dtype), dtypes,
                 [&](std::span<const ScalarExpr> x) { return build_scalar(goldens[i].op->index, x); });
    }
  bodies.compile();
  int checked = 0;
  for (size_t i = 0; i < goldens.size(); ++i)
    for (DType dtype : {DType::f32, DType::f64})
      for (size_t at = 0; at < goldens[i].results.at(0).elements.size(); ++at) {
        std::vector<ops::Scalar> operands;
        for (const ops::GoldenTensor &operand : goldens[i].operands)
          operands.push_back(ops::Scalar::of(dtype_of(operand, dtype), operand.elements[at]));
        const DType result = dtype_of(goldens[i].results.at(0), dtype);
        const ops::Scalar expected = ops::Scalar::of(result, goldens[i].results.at(0).elements[at]);
        const ops::Scalar got = bodies.run(name_of_case(i, dtype), operands, result);
        EXPECT_TRUE(is_close(got, expected)) << goldens[i].op->name << " " << name_of(dtype) << " element " << at
                                             << ": " << got.text() << " instead of " << expected.text();
        ++checked;
      }
  EXPECT_GT(checked, 150);
}

TEST(ScalarExpr, ConvertsEveryPairOfDTypes) {
  const DType dtypes[] = {DType::boolean, DType::u8,  DType::i8,   DType::i16, DType::i32,
                          DType::i64,     DType::f16, DType::bf16, DType::f32, DType::f64};
  Bodies bodies;
  for (DType from : dtypes)
    for (DType to : dtypes)
      bodies.add(std::string(name_of(from)) + name_of(to), {from},
                 [&](std::span<const ScalarExpr> x) { return convert(x[0], to); });
  bodies.compile();
  const double values[] = {0.0,
                           -0.0,
                           0.5,
                           -0.5,
                           0.99999,
                           1.0,
                           -1.0,
                           1.5,
                           127.0,
                           127.9,
                           128.0,
                           -128.9,
                           -129.0,
                           255.5,
                           256.0,
                           300.0,
                           32767.5,
                           32768.0,
                           -32769.0,
                           65536.0,
                           16777217.0,
                           2147483647.0,
                           2147483648.0,
                           -2147483648.0,
                           -2147483649.0,
                           9.2e18,
                           9223372036854775808.0,
                           -9223372036854775808.0,
                           -1e19,
                           1e19,
                           1e30,
                           1e-40,
                           1e300,
                           -1e300,
                           HUGE_VAL,
                           -HUGE_VAL,
                           std::nan("")};
  for (DType from : dtypes)
    for (DType to : dtypes)
      for (double value : values) {
        const ops::Scalar x = ops::Scalar::of(from, value);
        const ops::Scalar expected =
            is_floating(from) ? ops::Scalar::of(to, x.as_double()) : ops::Scalar::of(to, x.as_integer());
        const ops::Scalar got = bodies.run(std::string(name_of(from)) + name_of(to), {x}, to);
        const bool both_nan = std::isnan(got.as_double()) && std::isnan(expected.as_double());
        EXPECT_TRUE(got == expected || both_nan) << name_of(from) << " " << x.text() << " to " << name_of(to) << ": "
                                                 << got.text() << " instead of " << expected.text();
      }
}

TEST(ScalarExpr, ScalesByPowersOfTwoWithOneRounding) {
  Bodies bodies;
  bodies.add("f32", {DType::f32, DType::i32}, [](std::span<const ScalarExpr> x) { return ldexp(x[0], x[1]); });
  bodies.add("f64", {DType::f64, DType::i64}, [](std::span<const ScalarExpr> x) { return ldexp(x[0], x[1]); });
  bodies.compile();
  for (double x : {1.0, -1.9999998807907104, 1.0000001192092896, 1.5, 0.75})
    for (int n = -252; n <= 252; n += 3) {
      const ops::Scalar f32 =
          bodies.run("f32", {ops::Scalar::of(DType::f32, x), ops::Scalar::of(DType::i32, int64_t{n})}, DType::f32);
      EXPECT_EQ(f32.as_double(), std::ldexp(static_cast<float>(x), n)) << x << " " << n;
      const int wide = n * 8;
      const ops::Scalar f64 =
          bodies.run("f64", {ops::Scalar::of(DType::f64, x), ops::Scalar::of(DType::i64, int64_t{wide})}, DType::f64);
      EXPECT_EQ(f64.as_double(), std::ldexp(x, wide)) << x << " " << wide;
    }
}

TEST(ScalarExpr, RareAndRepeatedPartsAffectOnlyTheLanesThatNeedThem) {
  Bodies bodies;
  bodies.add("rare", {DType::f64},
             [](std::span<const ScalarExpr> x) { return rarely(x[0] > 10.0, [&] { return ceil(x[0]) * 2.0; }, x[0]); });
  bodies.add("halved", {DType::f32}, [](std::span<const ScalarExpr> x) {
    return repeat_while(
        x[0], [](const ScalarExpr &y) { return y >= 1.0; }, [](const ScalarExpr &y) { return y * 0.5; });
  });
  bodies.compile();
  for (double x : {3.5, 10.5, std::nan("")}) {
    const double got = bodies.run("rare", {ops::Scalar::of(DType::f64, x)}, DType::f64).as_double();
    const double expected = x > 10 ? 2 * std::ceil(x) : x;
    EXPECT_TRUE(got == expected || (std::isnan(got) && std::isnan(expected))) << x << " " << got;
  }
  for (double x : {0.25, 1.0, 1000.0})
    EXPECT_EQ(bodies.run("halved", {ops::Scalar::of(DType::f32, x)}, DType::f32).as_double(), x == 0.25 ? 0.25
                                                                                              : x == 1 ? 0.5
                                                                                                       : 1000.0 / 1024);
}

TEST(ScalarExpr, ShiftsAndDividesIntegersByLanes) {
  Bodies bodies;
  for (DType dtype : {DType::u8, DType::i8, DType::i16, DType::i32, DType::i64}) {
    const auto add = [&](const char *name, auto function) {
      bodies.add(std::string(name) + name_of(dtype), {dtype, dtype},
                 [=](std::span<const ScalarExpr> x) { return function(x[0], x[1]); });
    };
    add("shl", [](const ScalarExpr &a, const ScalarExpr &b) { return shl(a, b); });
    add("shr", [](const ScalarExpr &a, const ScalarExpr &b) { return shr(a, b); });
    add("logical", [](const ScalarExpr &a, const ScalarExpr &b) { return shr_logical(a, b); });
    add("quotient", [](const ScalarExpr &a, const ScalarExpr &b) { return quotient(a, b); });
    add("remainder", [](const ScalarExpr &a, const ScalarExpr &b) { return remainder(a, b); });
  }
  bodies.compile();
  for (DType dtype : {DType::u8, DType::i8, DType::i16, DType::i32, DType::i64})
    for (int64_t a : {int64_t{0}, int64_t{5}, int64_t{-7}, int64_t{100}, int64_t{200}})
      for (int64_t b : {1, 2, 3, 7}) {
        const ops::Scalar x = ops::Scalar::of(dtype, a), y = ops::Scalar::of(dtype, b);
        const int64_t wrapped = x.as_integer();
        const auto run = [&](const char *name) {
          return bodies.run(std::string(name) + name_of(dtype), {x, y}, dtype).as_integer();
        };
        EXPECT_EQ(run("shl"), ops::Scalar::of(dtype, wrapped * (int64_t{1} << b)).as_integer()) << a << " " << b;
        EXPECT_EQ(run("shr"), wrapped >> b) << a << " " << b;
        EXPECT_EQ(run("logical"), ops::Scalar::of(dtype, static_cast<int64_t>(x.bits >> b)).as_integer());
        EXPECT_EQ(run("quotient"), wrapped / b) << a << " " << b;
        EXPECT_EQ(run("remainder"), wrapped % b) << a << " " << b;
      }
}

} // namespace
} // namespace etch::ir
