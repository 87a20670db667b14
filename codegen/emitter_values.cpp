// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/emitter.h"

#include "ir/attrs.h"
#include "ir/scalar_expr.h"
#include "ir/types.h"
#include "ops/op_def.h"
#include "support/require.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace etch::codegen {

using namespace mlir;

namespace {

unsigned alignment_of(DType dtype) { return static_cast<unsigned>(size_of(dtype)); }

} // namespace

DType KernelEmitter::dtype_of(Value value) const { return ir::to_dtype(value.getType()); }

Type KernelEmitter::storage_type(DType dtype) {
  if (dtype == DType::boolean || dtype == DType::u8)
    return b.getI8Type();
  if (dtype == DType::bf16)
    return b.getI16Type();
  return ir::to_element_type(b.getContext(), dtype);
}

Type KernelEmitter::register_type(DType dtype) {
  return dtype == DType::boolean ? Type(b.getI1Type()) : storage_type(dtype);
}

Type KernelEmitter::vector_of(Type element, int64_t lanes) {
  return lanes ? Type(VectorType::get({lanes}, element)) : element;
}

Value KernelEmitter::broadcast(Value value, int64_t lanes) {
  if (!lanes || isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(b, VectorType::get({lanes}, value.getType()), value);
}

Value KernelEmitter::address(Value buffer, DType dtype, Value linear) {
  return LLVM::GEPOp::create(b, buffer.getType(), storage_type(dtype), buffer, linear);
}

Value KernelEmitter::from_storage(Value stored, DType dtype) {
  if (dtype != DType::boolean)
    return stored;
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(stored.getType()));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, stored, zero);
}

Value KernelEmitter::to_storage(Value value, DType dtype) {
  if (dtype != DType::boolean)
    return value;
  auto vector = dyn_cast<VectorType>(value.getType());
  return arith::ExtUIOp::create(b, vector_of(b.getI8Type(), vector ? vector.getNumElements() : 0), value);
}

Value KernelEmitter::linear_index(ir::DimsAttr strides, ir::DimsAttr offset, const Point &point) {
  Value linear = extent(ir::to_dims(offset).front());
  for (auto [axis, stride] : llvm::enumerate(ir::to_dims(strides)))
    if (!stride.is(0))
      linear = add(linear, mul(point.indices[axis], extent(stride)));
  return linear;
}

Value KernelEmitter::load_element(Value pointer, DType dtype) {
  return from_storage(LLVM::LoadOp::create(b, storage_type(dtype), pointer, alignment_of(dtype)), dtype);
}

Value KernelEmitter::load_lanes(Value pointer, DType dtype, const Point &point) {
  const Type type = vector_of(storage_type(dtype), point.lanes);
  if (!point.mask)
    return from_storage(LLVM::LoadOp::create(b, type, pointer, alignment_of(dtype)), dtype);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return from_storage(LLVM::MaskedLoadOp::create(b, type, pointer, point.mask, zero, alignment_of(dtype)), dtype);
}

void KernelEmitter::store_lanes(Value stored, Value pointer, DType dtype, const Point &point) {
  if (point.mask)
    LLVM::MaskedStoreOp::create(b, stored, pointer, point.mask, alignment_of(dtype));
  else
    LLVM::StoreOp::create(b, stored, pointer, alignment_of(dtype));
}

namespace {

/// linear + lane * stride, per lane.
Value lane_positions(ImplicitLocOpBuilder &b, Value linear, Value stride, int64_t lanes) {
  const auto type = VectorType::get({lanes}, b.getI64Type());
  llvm::SmallVector<int64_t> numbers;
  for (int64_t lane = 0; lane < lanes; ++lane)
    numbers.push_back(lane);
  Value lane_numbers = arith::ConstantOp::create(b, DenseElementsAttr::get(type, llvm::ArrayRef<int64_t>(numbers)));
  Value steps = arith::MulIOp::create(b, lane_numbers, vector::BroadcastOp::create(b, type, stride));
  return arith::AddIOp::create(b, steps, vector::BroadcastOp::create(b, type, linear));
}

/// A point's mask, all set where it has none.
Value mask_of(ImplicitLocOpBuilder &b, const Point &point) {
  if (point.mask)
    return point.mask;
  return arith::ConstantOp::create(b, DenseElementsAttr::get(VectorType::get({point.lanes}, b.getI1Type()), true));
}

} // namespace

Value KernelEmitter::gather(Value buffer, DType dtype, Value linear, Value stride, const Point &point) {
  Value positions = lane_positions(b, linear, stride, point.lanes);
  const auto pointers = VectorType::get({point.lanes}, buffer.getType());
  Value lanes = LLVM::GEPOp::create(b, pointers, storage_type(dtype), buffer, positions);
  const Type type = vector_of(storage_type(dtype), point.lanes);
  Value mask = mask_of(b, point);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return from_storage(LLVM::masked_gather::create(b, type, lanes, mask, ValueRange{zero}, alignment_of(dtype)), dtype);
}

void KernelEmitter::scatter(Value stored, Value buffer, DType dtype, Value linear, Value stride, const Point &point) {
  Value positions = lane_positions(b, linear, stride, point.lanes);
  const auto pointers = VectorType::get({point.lanes}, buffer.getType());
  Value lanes = LLVM::GEPOp::create(b, pointers, storage_type(dtype), buffer, positions);
  Value mask = mask_of(b, point);
  LLVM::masked_scatter::create(b, stored, lanes, mask, alignment_of(dtype));
}

Value KernelEmitter::load(ir::kernel::LoadOp op, Point &point) {
  const DType dtype = dtype_of(op.getElement());
  Value linear = linear_index(op.getStrides(), op.getOffset(), point);
  const ops::Dim stride =
      point.lanes ? ir::to_dims(op.getStrides())[static_cast<size_t>(point.vector_dim)] : ops::Dim(0);
  if (stride.is(0))
    return load_element(address(buffer(op.getBuffer()), dtype, linear), dtype);
  if (stride.is(1))
    return load_lanes(address(buffer(op.getBuffer()), dtype, linear), dtype, point);
  return gather(buffer(op.getBuffer()), dtype, linear, extent(stride), point);
}

void KernelEmitter::store(ir::kernel::StoreOp op, Point &point) {
  const DType dtype = dtype_of(op.getElement());
  Value linear = linear_index(op.getStrides(), op.getOffset(), point);
  const ops::Dim stride =
      point.lanes ? ir::to_dims(op.getStrides())[static_cast<size_t>(point.vector_dim)] : ops::Dim(0);
  Value value = evaluate(op.getElement(), point);
  if (point.lanes)
    value = broadcast(value, point.lanes);
  Value stored = to_storage(value, dtype);
  Value pointer = address(buffer(op.getBuffer()), dtype, linear);
  if (!point.lanes)
    LLVM::StoreOp::create(b, stored, pointer, alignment_of(dtype));
  else if (!stride.is(1))
    scatter(stored, buffer(op.getBuffer()), dtype, linear, extent(stride), point);
  else
    store_lanes(stored, pointer, dtype, point);
}

Value KernelEmitter::evaluate(Value value, Point &point) {
  if (Value known = point.values.lookup(value))
    return known;
  if (point.lanes && hoists_invariants() && !varies(value)) {
    Value kept = kept_.lookup(value);
    ETCH_CHECK(kept != nullptr) << "an invariant value was not hoisted";
    return point.values[value] = broadcast(kept, point.lanes);
  }
  Value made = evaluate_op(value.getDefiningOp(), point);
  if (point.lanes)
    made = broadcast(made, point.lanes);
  return point.values[value] = made;
}

Value KernelEmitter::evaluate_op(Operation *op, Point &point) {
  if (auto load_op = dyn_cast<ir::kernel::LoadOp>(op))
    return load(load_op, point);
  if (auto apply_op = dyn_cast<ir::kernel::ApplyOp>(op))
    return apply(apply_op, point);
  const DType dtype = dtype_of(op->getResult(0));
  if (auto constant_op = dyn_cast<ir::kernel::ConstantOp>(op))
    return ir::scalar_constant(b, ir::to_scalar(constant_op.getValue())).value;
  if (auto extent_op = dyn_cast<ir::kernel::ExtentOp>(op))
    return convert(extent(ir::to_dims(extent_op.getValue()).front()), DType::i64, dtype);
  if (auto position = dyn_cast<ir::kernel::PositionOp>(op)) {
    Value linear = linear_index(position.getStrides(), position.getOffset(), point);
    if (point.lanes) {
      const ops::Dim stride = ir::to_dims(position.getStrides())[static_cast<size_t>(point.vector_dim)];
      linear = lane_positions(b, linear, extent(stride), point.lanes);
    }
    return convert(linear, DType::i64, dtype);
  }
  ETCH_CHECK(false) << "no value yet for " << op->getName().getStringRef().str();
  return {};
}

Value KernelEmitter::apply(ir::kernel::ApplyOp op, Point &point) {
  const ops::OpDef &def = *ops::find_op(std::string_view(op.getOp().data(), op.getOp().size()));
  llvm::SmallVector<ir::ScalarExpr> operands;
  for (Value operand : op.getOperands())
    operands.push_back(ir::ScalarExpr{evaluate(operand, point), &b, dtype_of(operand)});
  const DType result = dtype_of(op.getElement());
  if (def.converts)
    return ir::convert(operands[0], result).value;
  for (ir::ScalarExpr &operand : operands)
    if (is_half(operand.dtype))
      operand = ir::convert(operand, DType::f32);
  return ir::convert(ir::build_scalar(def.index, operands), result).value;
}

Value KernelEmitter::convert(Value value, DType from, DType to) {
  return ir::convert(ir::ScalarExpr{value, &b, from}, to).value;
}

void KernelEmitter::hoist(llvm::ArrayRef<Value> roots, Point &scalar_point) {
  llvm::SmallVector<Value> pending(roots);
  llvm::DenseSet<Value> seen;
  while (!pending.empty()) {
    Value value = pending.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    Operation *op = value.getDefiningOp();
    if (varies(value)) {
      if (isa<ir::kernel::ApplyOp>(op))
        pending.append(op->operand_begin(), op->operand_end());
    } else if (!kept_.count(value)) {
      kept_[value] = evaluate(value, scalar_point);
    }
  }
}

Value KernelEmitter::identity(ir::kernel::ReduceOp reduce, int64_t lanes) {
  const ops::OpDef &def = *ops::find_op(std::string_view(reduce.getOp().data(), reduce.getOp().size()));
  return broadcast(ir::build_reduction_init(def.index, b, dtype_of(reduce.getElement())).value, lanes);
}

Value KernelEmitter::empty(ir::kernel::ReduceOp reduce, int64_t lanes) {
  const ops::OpDef &def = *ops::find_op(std::string_view(reduce.getOp().data(), reduce.getOp().size()));
  return broadcast(ir::build_reduction_empty(def.index, b, dtype_of(reduce.getElement())).value, lanes);
}

Value KernelEmitter::combine(ir::kernel::ReduceOp reduce, Value x, Value y) {
  const ops::OpDef &def = *ops::find_op(std::string_view(reduce.getOp().data(), reduce.getOp().size()));
  const DType dtype = dtype_of(reduce.getElement());
  return ir::build_reduction_combine(def.index, {x, &b, dtype}, {y, &b, dtype}).value;
}

Value KernelEmitter::masked(ir::kernel::ReduceOp reduce, Value value, Value mask) {
  if (!mask)
    return value;
  const int64_t lanes = cast<VectorType>(value.getType()).getNumElements();
  return arith::SelectOp::create(b, mask, value, identity(reduce, lanes));
}

Value KernelEmitter::unless_empty(ir::kernel::ReduceOp reduce, Value value, const ops::Dim &extent_dim) {
  if (extent_dim.is_static() && extent_dim.value() > 0)
    return value;
  auto vector = dyn_cast<VectorType>(value.getType());
  Value none = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, extent(extent_dim), constant(0));
  return arith::SelectOp::create(b, none, empty(reduce, vector ? vector.getNumElements() : 0), value);
}

// Slots for 2^40 blocks.
constexpr int64_t kStackDepth = 40;

KernelEmitter::PairwiseStack::PairwiseStack(KernelEmitter &emitter, ir::kernel::ReduceOp reduce, Type type)
    : e_(emitter), reduce_(reduce), type_(type), memory_(emitter.alloca_at_entry(type, kStackDepth)) {}

Value KernelEmitter::PairwiseStack::slot(Value depth) {
  return LLVM::GEPOp::create(e_.b, memory_.getType(), type_, memory_, depth);
}

void KernelEmitter::PairwiseStack::push(Value value, Value block) {
  // As many finished subtrees as the counter has trailing ones are merged with the new block.
  Value depth = LLVM::CtPopOp::create(e_.b, e_.b.getI64Type(), block);
  Value merges = LLVM::CountTrailingZerosOp::create(e_.b, e_.b.getI64Type(), e_.add(block, e_.constant(1)), false);
  llvm::SmallVector<Value> merged =
      e_.loop(e_.constant(0), merges, 1, ValueRange{value}, [&](Value i, ValueRange carried) {
        Value below = LLVM::LoadOp::create(e_.b, type_, slot(e_.sub(e_.sub(depth, i), e_.constant(1))));
        return llvm::SmallVector<Value>{e_.combine(reduce_, below, carried[0])};
      });
  LLVM::StoreOp::create(e_.b, merged[0], slot(e_.sub(depth, merges)));
}

Value KernelEmitter::PairwiseStack::finish(Value blocks) {
  Value depth = LLVM::CtPopOp::create(e_.b, e_.b.getI64Type(), blocks);
  Value top = LLVM::LoadOp::create(e_.b, type_, slot(e_.sub(depth, e_.constant(1))));
  return e_.loop(e_.constant(1), depth, 1, ValueRange{top}, [&](Value i, ValueRange carried) {
    Value below = LLVM::LoadOp::create(e_.b, type_, slot(e_.sub(e_.sub(depth, i), e_.constant(1))));
    return llvm::SmallVector<Value>{e_.combine(reduce_, below, carried[0])};
  })[0];
}

} // namespace etch::codegen
