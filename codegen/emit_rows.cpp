// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Maps and row programs: loops over rows, vectors along the last dimension. A row program runs over its row once per
// stage: a stage folds the reductions whose operands are known, and later stages read their results.
#include "codegen/emitter.h"

#include "ir/types.h"
#include "support/require.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/bit.h"

namespace etch::codegen {
namespace {

using namespace mlir;
using ir::kernel::ReduceOp;
using ir::kernel::StoreOp;

// docs/numerics.md: long rows are cut into blocks, a block is folded into interleaved partials.
constexpr int64_t kRowBlock = 16384;
constexpr int64_t kPartials = 64;
// A value whose text is longer than this is kept in memory rather than computed again by a later stage.
constexpr int64_t kCheapOps = 12;

class RowEmitter final : public KernelEmitter {
public:
  using KernelEmitter::KernelEmitter;

protected:
  void emit_tiles(Value begin, Value end) override {
    collect();
    last_ = space_.size() - 1;
    reduces_.empty() && spec_.getKind() == "map" ? emit_map(begin, end) : emit_row_program(begin, end);
  }

private:
  void collect() {
    for (Operation &op : spec_.getBody().front()) {
      int stage = 0;
      for (Value operand : op.getOperands())
        if (Operation *producer = operand.getDefiningOp())
          stage = std::max(stage, stages_.lookup(producer) + (isa<ReduceOp>(producer) ? 1 : 0));
      stages_[&op] = stage;
      if (auto reduce = dyn_cast<ReduceOp>(op)) {
        reduces_.push_back(reduce);
        stage_count_ = std::max(stage_count_, stage + 1);
      }
      if (auto store_op = dyn_cast<StoreOp>(op))
        stores_.push_back(store_op);
    }
  }

  bool along_row(StoreOp op) const { return !ir::to_dims(op.getStrides())[last_].is(0); }

  // A tile is one row's stretch of elements_per_tile elements.
  void emit_map(Value begin, Value end) {
    const int64_t tile = elements_per_tile(spec_);
    Value width = extent(space_[last_]);
    Value per_row = divide(add(width, constant(tile - 1)), constant(tile));
    const int64_t lanes = lanes_for(width, map_lanes());
    loop(begin, end, 1, {}, [&](Value number, ValueRange) -> llvm::SmallVector<Value> {
      Point scalar;
      const bool one_tile = space_[last_].is_static() && space_[last_].value() <= tile;
      Value row = one_tile ? number : divide(number, per_row);
      Value from = one_tile ? constant(0) : mul(remainder(number, per_row), constant(tile));
      Value to = minimum(width, add(from, constant(tile)));
      start_row(row, scalar);
      llvm::SmallVector<Value> roots;
      for (StoreOp op : stores_)
        roots.push_back(op.getElement());
      hoist(roots, scalar);
      chunks(from, to, lanes, {}, [&](Value at, Value mask, ValueRange) -> llvm::SmallVector<Value> {
        Point point = lane_point(scalar, at, mask, lanes);
        for (Value root : roots) // every load comes before any store: a result may overwrite an operand
          evaluate(root, point);
        for (StoreOp op : stores_)
          store(op, point);
        return {};
      });
      return {};
    });
  }

  void start_row(Value row, Point &scalar) {
    kept_.clear();
    unflatten(row, last_, scalar.indices);
    scalar.indices.push_back(constant(0));
  }

  Point lane_point(const Point &scalar, Value at, Value mask, int64_t lanes) const {
    Point point;
    point.indices = scalar.indices;
    point.indices[last_] = at;
    point.vector_dim = static_cast<int>(last_);
    point.lanes = lanes;
    point.mask = mask;
    return point;
  }

  /// No more lanes than a short row of known length can fill.
  int64_t lanes_for(Value, int64_t wanted) const {
    if (!space_[last_].is_static())
      return wanted;
    const int64_t width = std::max<int64_t>(space_[last_].value(), 1);
    return std::min<int64_t>(wanted, static_cast<int64_t>(llvm::bit_ceil(static_cast<uint64_t>(width))));
  }

  void emit_row_program(Value begin, Value end) {
    loop(begin, end, 1, {}, [&](Value row, ValueRange) -> llvm::SmallVector<Value> {
      Point scalar;
      start_row(row, scalar);
      spilled_.clear();
      spill_decided_ = -1;
      pending_ = stores_;
      for (int stage = 0; stage < stage_count_; ++stage)
        run_stage(stage, scalar);
      finish_row(scalar);
      return {};
    });
  }

  void run_stage(int stage, Point &scalar) {
    llvm::SmallVector<ReduceOp> reduces;
    llvm::SmallVector<Value> roots;
    for (ReduceOp reduce : reduces_)
      if (stages_.lookup(reduce) == stage) {
        reduces.push_back(reduce);
        roots.push_back(reduce.getOperand());
      }
    llvm::SmallVector<StoreOp> stores = take_stores(stage);
    for (StoreOp op : stores)
      roots.push_back(op.getElement());
    hoist(roots, scalar);
    const int64_t lanes = lanes_for({}, kPartials);
    const ops::Dim width = space_[last_];
    llvm::SmallVector<Value> results;
    if (width.is_static() && width.value() <= kRowBlock) {
      results = halve(reduces, fold(constant(0), extent(width), lanes, stage, reduces, stores, scalar));
    } else {
      results = fold_blocks(lanes, stage, reduces, stores, scalar);
    }
    for (auto [reduce, result] : llvm::zip(reduces, results)) {
      Value final_value = unless_empty(reduce, result, width);
      scalar.values[reduce.getElement()] = final_value;
      kept_[reduce.getElement()] = final_value;
    }
  }

  llvm::SmallVector<Value> fold_blocks(int64_t lanes, int stage, llvm::ArrayRef<ReduceOp> reduces,
                                       llvm::ArrayRef<StoreOp> stores, Point &scalar) {
    Value width = extent(space_[last_]);
    // A row without elements still has one, empty, block: its identity is then replaced by the empty value.
    Value blocks =
        b.createOrFold<arith::MaxSIOp>(divide(add(width, constant(kRowBlock - 1)), constant(kRowBlock)), constant(1));
    llvm::SmallVector<PairwiseStack> stacks;
    for (ReduceOp reduce : reduces)
      stacks.emplace_back(*this, reduce, register_type(dtype_of(reduce.getElement())));
    loop(constant(0), blocks, 1, {}, [&](Value block, ValueRange) -> llvm::SmallVector<Value> {
      Value from = mul(block, constant(kRowBlock));
      Value to = minimum(width, add(from, constant(kRowBlock)));
      llvm::SmallVector<Value> totals = halve(reduces, fold(from, to, lanes, stage, reduces, stores, scalar));
      for (auto [stack, total] : llvm::zip(stacks, totals))
        stack.push(total, block);
      return {};
    });
    llvm::SmallVector<Value> results;
    for (PairwiseStack &stack : stacks)
      results.push_back(stack.finish(blocks));
    return results;
  }

  /// Partials of each reduction over the elements [from, to).
  llvm::SmallVector<Value> fold(Value from, Value to, int64_t lanes, int stage, llvm::ArrayRef<ReduceOp> reduces,
                                llvm::ArrayRef<StoreOp> stores, Point &scalar) {
    llvm::SmallVector<Value> partials;
    for (ReduceOp reduce : reduces)
      partials.push_back(identity(reduce, lanes));
    return chunks(from, to, lanes, partials, [&](Value at, Value mask, ValueRange carried) {
      Point point = lane_point(scalar, at, mask, lanes);
      use_spilled(point, stage);
      llvm::SmallVector<Value> next;
      for (auto [fixed, partial] : llvm::zip(reduces, carried)) {
        ReduceOp reduce = fixed;
        Value value = evaluate_noting_cost(reduce.getOperand(), point);
        next.push_back(combine(reduce, partial, masked(reduce, value, mask)));
      }
      for (StoreOp op : stores)
        store(op, point);
      spill(point, stage);
      return next;
    });
  }

  llvm::SmallVector<Value> halve(llvm::ArrayRef<ReduceOp> reduces, llvm::ArrayRef<Value> partials) {
    llvm::SmallVector<Value> results;
    for (auto [reduce, partial] : llvm::zip(reduces, partials)) {
      Value value = partial;
      for (int64_t width = cast<VectorType>(value.getType()).getNumElements() / 2; width >= 1; width /= 2)
        value = combine(reduce, lanes_of(value, 0, width), lanes_of(value, width, width));
      results.push_back(vector::ExtractOp::create(b, value, llvm::ArrayRef<int64_t>{0}));
    }
    return results;
  }

  Value lanes_of(Value vector, int64_t first, int64_t count) {
    llvm::SmallVector<int64_t> numbers;
    for (int64_t lane = 0; lane < count; ++lane)
      numbers.push_back(first + lane);
    return vector::ShuffleOp::create(b, vector, vector, numbers);
  }

  /// Stores along the row whose value is known by then ride along with a stage's loop.
  llvm::SmallVector<StoreOp> take_stores(int stage) {
    llvm::SmallVector<StoreOp> taken;
    llvm::erase_if(pending_, [&](StoreOp op) {
      if (!along_row(op) || stages_.lookup(op) > stage)
        return false;
      taken.push_back(op);
      return true;
    });
    return taken;
  }

  void finish_row(Point &scalar) {
    llvm::SmallVector<Value> roots;
    llvm::SmallVector<StoreOp> rest;
    for (StoreOp op : pending_) {
      if (along_row(op)) {
        rest.push_back(op);
        roots.push_back(op.getElement());
      }
    }
    for (StoreOp op : pending_)
      if (!along_row(op))
        store(op, scalar);
    if (rest.empty())
      return;
    hoist(roots, scalar);
    const int64_t lanes = lanes_for({}, kPartials);
    chunks(constant(0), extent(space_[last_]), lanes, {}, [&](Value at, Value mask, ValueRange) {
      Point point = lane_point(scalar, at, mask, lanes);
      use_spilled(point, stage_count_);
      for (StoreOp op : rest)
        store(op, point);
      return llvm::SmallVector<Value>{};
    });
  }

  // Spilling: an expensive value that a later stage needs again waits in the row of an output which that later stage
  // overwrites anyway, so it costs no memory of its own.

  Value evaluate_noting_cost(Value value, Point &point) {
    Operation *op = value.getDefiningOp();
    Block *block = b.getInsertionBlock();
    for (Value operand : op->getOperands())
      if (!point.values.count(operand) && varies(operand) &&
          isa_and_nonnull<ir::kernel::ApplyOp>(operand.getDefiningOp()))
        evaluate_noting_cost(operand, point);
    const auto before = block->getOperations().size();
    Value made = evaluate(value, point);
    if (static_cast<int64_t>(block->getOperations().size() - before) > kCheapOps)
      expensive_.insert(value);
    return made;
  }

  bool needed_later(Value value) const {
    return llvm::any_of(pending_, [&](StoreOp op) {
      llvm::SmallVector<Value> cone{const_cast<StoreOp &>(op).getElement()};
      llvm::DenseSet<Value> seen;
      while (!cone.empty()) {
        Value next = cone.pop_back_val();
        if (next == value)
          return true;
        Operation *producer = next.getDefiningOp();
        if (seen.insert(next).second && producer && !isa<ReduceOp>(producer))
          cone.append(producer->operand_begin(), producer->operand_end());
      }
      return false;
    });
  }

  void spill(Point &point, int stage) {
    // The masked tail follows the loop's choice, whatever the cost of its own code: all of a row is spilled or nothing.
    if (std::exchange(spill_decided_, stage) < stage)
      choose_spills(point, stage);
    for (auto &[value, spilled] : spilled_)
      if (Value known = point.values.lookup(value); known && spilled.stage == stage)
        store_lanes(known, spill_address(spilled.row, point), dtype_of(value), point);
  }

  void choose_spills(Point &point, int stage) {
    for (Value value : expensive_) {
      if (spilled_.count(value) || !point.values.count(value) || !needed_later(value))
        continue;
      for (StoreOp op : pending_) {
        const bool taken = llvm::any_of(spilled_, [&](auto &entry) { return entry.second.row == op; });
        if (taken || stages_.lookup(op) != stage_count_ || !along_row(op) ||
            !ir::to_dims(op.getStrides())[last_].is(1) || op.getElement().getType() != value.getType() ||
            dtype_of(value) == DType::boolean)
          continue;
        spilled_[value] = {op, stage};
        break;
      }
    }
  }

  void use_spilled(Point &point, int stage) {
    for (auto &[value, spilled] : spilled_)
      if (spilled.stage < stage)
        point.values[value] = load_lanes(spill_address(spilled.row, point), dtype_of(value), point);
  }

  Value spill_address(StoreOp op, const Point &point) {
    return address(buffer(op.getBuffer()), dtype_of(op.getElement()),
                   linear_index(op.getStrides(), op.getOffset(), point));
  }

  size_t last_ = 0;
  int stage_count_ = 0;
  llvm::DenseMap<Operation *, int> stages_;
  llvm::SmallVector<ReduceOp> reduces_;
  llvm::SmallVector<StoreOp> stores_, pending_;
  llvm::SetVector<Value> expensive_;
  struct Spilled {
    StoreOp row;
    int stage; ///< the one whose loop writes the value there
  };
  llvm::MapVector<Value, Spilled> spilled_;
  int spill_decided_ = -1; ///< the last stage whose spilled values are known
};

} // namespace

func::FuncOp emit_rows(OpBuilder &builder, ir::kernel::SpecOp spec, const Target &target, DimTable &dims) {
  return RowEmitter(builder, spec, target, dims).emit();
}

} // namespace etch::codegen
