// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/emitter.h"

#include "ir/types.h"
#include "support/require.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

namespace etch::codegen {

using namespace mlir;

KernelEmitter::KernelEmitter(OpBuilder &builder, ir::kernel::SpecOp spec, const Target &target, DimTable &dims)
    : b(spec.getLoc(), builder), spec_(spec), target_(target), space_(ir::to_dims(spec.getSpace())), dims_(dims) {
  classify();
}

func::FuncOp KernelEmitter::begin_function(TypeRange arguments) {
  auto function = func::FuncOp::create(b, spec_.getSymName(), b.getFunctionType(arguments, {}));
  entry_ = function.addEntryBlock();
  b.setInsertionPointToStart(entry_);
  return function;
}

void KernelEmitter::bind(Value context) {
  const Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  const auto field = [&](int64_t index) -> Value {
    Value at =
        LLVM::GEPOp::create(b, pointer, pointer, context, llvm::ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    return LLVM::LoadOp::create(b, pointer, at);
  };
  dims_pointer_ = field(0);
  for (auto [number, argument] : llvm::enumerate(spec_.getBody().getArguments()))
    buffers_[argument] = field(static_cast<int64_t>(number) + 1);
}

func::FuncOp KernelEmitter::emit() {
  const Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  func::FuncOp function = begin_function({pointer, b.getI64Type(), b.getI64Type()});
  bind(entry_->getArgument(0));
  emit_tiles(entry_->getArgument(1), entry_->getArgument(2));
  func::ReturnOp::create(b);
  return function;
}

void KernelEmitter::classify() {
  const size_t last = space_.size() - 1;
  for (Operation &op : spec_.getBody().front()) {
    if (op.getNumResults() != 1)
      continue;
    bool varies = false;
    if (auto strides = op.getAttrOfType<ir::DimsAttr>("strides"))
      varies = !ir::to_dims(strides)[last].is(0);
    if (isa<ir::kernel::ApplyOp>(op))
      varies = llvm::any_of(op.getOperands(), [&](Value operand) { return varying_.lookup(operand); });
    varying_[op.getResult(0)] = varies;
  }
}

Value KernelEmitter::constant(int64_t value) { return arith::ConstantIntOp::create(b, b.getI64Type(), value); }

Value KernelEmitter::extent(const ops::Dim &dim) {
  if (dim.is_static())
    return constant(dim.value());
  const int64_t index = dims_.index_of(dim);
  Value &known = loaded_dims_[index];
  if (!known) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointAfterValue(dims_pointer_);
    Value at = LLVM::GEPOp::create(b, dims_pointer_.getType(), b.getI64Type(), dims_pointer_,
                                   llvm::ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    known = LLVM::LoadOp::create(b, b.getI64Type(), at);
  }
  return known;
}

Value KernelEmitter::add(Value a, Value v) { return b.createOrFold<arith::AddIOp>(a, v); }
Value KernelEmitter::sub(Value a, Value v) { return b.createOrFold<arith::SubIOp>(a, v); }
Value KernelEmitter::mul(Value a, Value v) { return b.createOrFold<arith::MulIOp>(a, v); }
Value KernelEmitter::divide(Value a, Value v) { return b.createOrFold<arith::DivUIOp>(a, v); }
Value KernelEmitter::remainder(Value a, Value v) { return b.createOrFold<arith::RemUIOp>(a, v); }
Value KernelEmitter::minimum(Value a, Value v) { return b.createOrFold<arith::MinSIOp>(a, v); }
Value KernelEmitter::round_down(Value a, int64_t step) { return mul(divide(a, constant(step)), constant(step)); }

namespace {

std::optional<int64_t> known(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

} // namespace

llvm::SmallVector<Value> KernelEmitter::loop(Value begin, Value end, int64_t step, ValueRange carried,
                                             llvm::function_ref<llvm::SmallVector<Value>(Value, ValueRange)> body) {
  if (auto from = known(begin), to = known(end); from && to) {
    if (*to <= *from)
      return llvm::SmallVector<Value>(carried);
    if (*to - *from <= step)
      return body(begin, carried);
  }
  auto made = scf::ForOp::create(b, begin, end, constant(step), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(made.getBody());
  llvm::SmallVector<Value> results = body(made.getInductionVar(), made.getRegionIterArgs());
  if (made.getBody()->empty() || !made.getBody()->back().hasTrait<OpTrait::IsTerminator>())
    scf::YieldOp::create(b, results);
  else
    b.setInsertionPoint(&made.getBody()->back());
  return llvm::SmallVector<Value>(made.getResults());
}

llvm::SmallVector<Value>
KernelEmitter::chunks(Value begin, Value end, int64_t lanes, ValueRange carried,
                      llvm::function_ref<llvm::SmallVector<Value>(Value, Value, ValueRange)> body) {
  Value whole = round_down(sub(end, begin), lanes);
  Value middle = add(begin, whole);
  llvm::SmallVector<Value> values =
      loop(begin, middle, lanes, carried, [&](Value at, ValueRange inner) { return body(at, Value{}, inner); });
  Value rest = sub(end, middle);
  if (auto count = known(rest); count && *count == 0)
    return values;
  // An empty mask is harmless, so the tail needs no branch; but when it is likely empty, skipping it saves a step.
  return body(middle, mask_below(rest, lanes), values);
}

Value KernelEmitter::mask_below(Value count, int64_t lanes) {
  const auto type = VectorType::get({lanes}, b.getI32Type());
  llvm::SmallVector<int32_t> numbers;
  for (int64_t lane = 0; lane < lanes; ++lane)
    numbers.push_back(static_cast<int32_t>(lane));
  Value lane_numbers = arith::ConstantOp::create(b, DenseElementsAttr::get(type, llvm::ArrayRef<int32_t>(numbers)));
  Value clamped = arith::TruncIOp::create(b, b.getI32Type(), minimum(count, constant(lanes)));
  Value limit = vector::BroadcastOp::create(b, type, clamped);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, lane_numbers, limit);
}

void KernelEmitter::unflatten(Value number, size_t dims, llvm::SmallVectorImpl<Value> &indices) {
  indices.resize(dims);
  for (size_t axis = dims; axis-- > 0;) {
    if (axis == 0) {
      indices[axis] = number;
    } else {
      Value size = extent(space_[axis]);
      indices[axis] = remainder(number, size);
      number = divide(number, size);
    }
  }
}

Value KernelEmitter::alloca_at_entry(Type type, int64_t count) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(entry_);
  Value size = arith::ConstantIntOp::create(b, b.getI64Type(), count);
  return LLVM::AllocaOp::create(b, LLVM::LLVMPointerType::get(b.getContext()), type, size, 64);
}

int64_t KernelEmitter::map_lanes() {
  int64_t bytes = 4, applies = 0;
  bool narrow = false;
  for (Operation &op : spec_.getBody().front()) {
    applies += isa<ir::kernel::ApplyOp>(op);
    if (op.getNumResults() == 1)
      narrow |= size_of(dtype_of(op.getResult(0))) <= 4;
  }
  if (!narrow)
    bytes = 8;
  const int64_t lanes = target_.vector_bytes / bytes;
  // Two vectors hide each other's latency; more only make longer code (measured on add, exp, gelu, a chain of 20 ops).
  return applies <= 24 ? 2 * lanes : lanes;
}

int64_t elements_per_tile(ir::kernel::SpecOp spec) { return spec.getKind() == "map" ? 4096 : 0; }

} // namespace etch::codegen
