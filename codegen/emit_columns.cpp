// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Column reductions: vectors along the last dimension, one accumulator per lane while walking down the rows.
#include "codegen/emitter.h"

#include "ir/types.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/bit.h"

namespace etch::codegen {
namespace {

using namespace mlir;
using ir::kernel::ReduceOp;
using ir::kernel::StoreOp;

constexpr int64_t kColumnBlock = 128; // docs/numerics.md
constexpr int64_t kColumnLanes = 64;

class ColumnEmitter final : public KernelEmitter {
public:
  using KernelEmitter::KernelEmitter;

protected:
  bool hoists_invariants() const override { return false; }

  // A tile is a strip of kColumnLanes columns of one outer index.
  void emit_tiles(Value begin, Value end) override {
    for (Operation &op : spec_.getBody().front()) {
      if (auto reduce = dyn_cast<ReduceOp>(op))
        reduces_.push_back(reduce);
      if (auto store_op = dyn_cast<StoreOp>(op))
        stores_.push_back(store_op);
    }
    columns_ = space_.size() - 1;
    rows_ = space_.size() - 2;
    Value width = extent(space_[columns_]);
    Value strips = divide(add(width, constant(kColumnLanes - 1)), constant(kColumnLanes));
    loop(begin, end, 1, {}, [&](Value tile, ValueRange) -> llvm::SmallVector<Value> {
      Point outer;
      unflatten(divide(tile, strips), rows_, outer.indices);
      Value from = mul(remainder(tile, strips), constant(kColumnLanes));
      strip(outer, from, width);
      return {};
    });
  }

private:
  void strip(const Point &outer, Value from, Value width) {
    if (space_[columns_].is_static() && space_[columns_].value() <= kColumnLanes) {
      const auto lanes =
          static_cast<int64_t>(llvm::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(space_[columns_].value(), 1))));
      return emit_strip(outer, from, lanes, lanes == space_[columns_].value() ? Value{} : mask_below(width, lanes));
    }
    if (space_[columns_].is_static() && space_[columns_].value() % kColumnLanes == 0)
      return emit_strip(outer, from, kColumnLanes, {});
    Value rest = sub(width, from);
    Value whole = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, rest, constant(kColumnLanes));
    auto branch = scf::IfOp::create(b, whole, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    emit_strip(outer, from, kColumnLanes, {});
    b.setInsertionPointToStart(branch.elseBlock());
    emit_strip(outer, from, kColumnLanes, mask_below(rest, kColumnLanes));
  }

  Point at_row(const Point &outer, Value row, Value from, int64_t lanes, Value mask) const {
    Point point;
    point.indices = outer.indices;
    point.indices.push_back(row);
    point.indices.push_back(from);
    point.vector_dim = static_cast<int>(columns_);
    point.lanes = lanes;
    point.mask = mask;
    return point;
  }

  bool along_rows(StoreOp op) const { return !ir::to_dims(op.getStrides())[rows_].is(0); }

  void emit_strip(const Point &outer, Value from, int64_t lanes, Value mask) {
    Value rows = extent(space_[rows_]);
    const ops::Dim height = space_[rows_];
    llvm::SmallVector<Value> totals;
    const auto fold_rows = [&](Value first, Value last) { return fold(outer, first, last, from, lanes, mask); };
    if (height.is_static() && height.value() <= kColumnBlock) {
      totals = fold_rows(constant(0), rows);
    } else {
      Value blocks = b.createOrFold<arith::MaxSIOp>(
          divide(add(rows, constant(kColumnBlock - 1)), constant(kColumnBlock)), constant(1));
      llvm::SmallVector<PairwiseStack> stacks;
      for (ReduceOp reduce : reduces_)
        stacks.emplace_back(*this, reduce, vector_of(register_type(dtype_of(reduce.getElement())), lanes));
      loop(constant(0), blocks, 1, {}, [&](Value block, ValueRange) -> llvm::SmallVector<Value> {
        Value first = mul(block, constant(kColumnBlock));
        llvm::SmallVector<Value> block_totals = fold_rows(first, minimum(rows, add(first, constant(kColumnBlock))));
        for (auto [stack, total] : llvm::zip(stacks, block_totals))
          stack.push(total, block);
        return {};
      });
      for (PairwiseStack &stack : stacks)
        totals.push_back(stack.finish(blocks));
    }
    Point point = at_row(outer, constant(0), from, lanes, mask);
    for (auto [reduce, total] : llvm::zip(reduces_, totals))
      point.values[reduce.getElement()] = unless_empty(reduce, total, height);
    for (StoreOp op : stores_)
      if (!along_rows(op))
        store(op, point);
  }

  llvm::SmallVector<Value> fold(const Point &outer, Value first, Value last, Value from, int64_t lanes, Value mask) {
    llvm::SmallVector<Value> start;
    for (ReduceOp reduce : reduces_)
      start.push_back(identity(reduce, lanes));
    return loop(first, last, 1, start, [&](Value row, ValueRange carried) {
      Point point = at_row(outer, row, from, lanes, mask);
      llvm::SmallVector<Value> next;
      for (auto [reduce, total] : llvm::zip(reduces_, carried))
        next.push_back(combine(reduce, total, evaluate(reduce.getOperand(), point)));
      for (StoreOp op : stores_)
        if (along_rows(op))
          store(op, point);
      return next;
    });
  }

  size_t rows_ = 0, columns_ = 0;
  llvm::SmallVector<ReduceOp> reduces_;
  llvm::SmallVector<StoreOp> stores_;
};

} // namespace

func::FuncOp emit_columns(OpBuilder &builder, ir::kernel::SpecOp spec, const Target &target, DimTable &dims) {
  return ColumnEmitter(builder, spec, target, dims).emit();
}

} // namespace etch::codegen
