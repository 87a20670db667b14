// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The micro-kernel of a contraction with its epilogue: a tile of accumulators in registers, one fma chain each in the
// order of k, finished row by row. The runtime's macro-kernel (runtime/contraction.h) blocks, packs and calls it.
#include "codegen/emitter.h"

#include "ir/types.h"
#include "support/require.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

namespace etch::codegen {
namespace {

using namespace mlir;
using ir::kernel::AccumulatorOp;
using ir::kernel::StoreOp;

class ContractionEmitter final : public KernelEmitter {
public:
  ContractionEmitter(OpBuilder &builder, ir::kernel::SpecOp spec, const Target &target, DimTable &dims)
      : KernelEmitter(builder, spec, target, dims) {
    for (Operation &op : spec.getBody().front()) {
      if (auto accumulator = dyn_cast<AccumulatorOp>(op))
        accumulator_ = accumulator;
      if (auto store_op = dyn_cast<StoreOp>(op))
        stores_.push_back(store_op);
    }
    dtype_ = dtype_of(accumulator_.getElement());
    const auto known = [&](size_t axis) { return space_[axis].is_static() ? space_[axis].value() : -1; };
    tile_ = target.contraction_tile(dtype_, known(space_.size() - 2), known(space_.size() - 1));
    lanes_ = std::min<int64_t>(target.lanes(dtype_), tile_.columns);
    vectors_ = tile_.columns / lanes_;
  }

  func::FuncOp emit() override {
    const Type pointer = LLVM::LLVMPointerType::get(b.getContext());
    func::FuncOp function = begin_function(pointer);
    read_tile(entry().getArgument(0));
    bind(epilogue_);
    scratch_ = alloca_at_entry(vector_of(element(), lanes_), tile_.rows * vectors_);
    llvm::SmallVector<Value> sums = accumulate(start());
    for (auto [number, sum] : llvm::enumerate(sums))
      LLVM::StoreOp::create(b, sum, scratch_vector(static_cast<int64_t>(number)), 64);
    finish();
    func::ReturnOp::create(b);
    return function;
  }

protected:
  bool hoists_invariants() const override { return false; }
  void emit_tiles(Value, Value) override {}

private:
  Type element() { return storage_type(dtype_); }

  /// Fields of runtime::MicroTile, by byte offset.
  void read_tile(Value tile) {
    const Type pointer = LLVM::LLVMPointerType::get(b.getContext());
    const auto field = [&](Type type, int32_t offset) -> Value {
      Value at = LLVM::GEPOp::create(b, pointer, b.getI8Type(), tile, llvm::ArrayRef<LLVM::GEPArg>{offset});
      return LLVM::LoadOp::create(b, type, at);
    };
    const Type i64 = b.getI64Type();
    a_ = field(pointer, 0), b_panel_ = field(pointer, 8), c_ = field(pointer, 16);
    ldc_ = field(i64, 24), kc_ = field(i64, 32), m_ = field(i64, 40), n_ = field(i64, 48);
    batch_ = field(i64, 56), row_ = field(i64, 64), column_ = field(i64, 72);
    Value zero = arith::ConstantIntOp::create(b, b.getI32Type(), 0);
    first_ = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, field(b.getI32Type(), 80), zero);
    last_ = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, field(b.getI32Type(), 84), zero);
    epilogue_ = field(pointer, 88);
    a_row_ = field(i64, 96), a_step_ = field(i64, 104), b_step_ = field(i64, 112);
    full_ = is_whole(n_, tile_.columns, space_.size() - 1);
    all_rows_ = is_whole(m_, tile_.rows, space_.size() - 2);
  }

  /// Whether a tile has all its rows or columns; an axis that tiles divide, or that none fits, has but one answer.
  Value is_whole(Value count, int64_t tile, size_t axis) {
    if (rest_of(axis, tile) == 0)
      return arith::ConstantIntOp::create(b, b.getI1Type(), 1);
    if (space_[axis].is_static() && space_[axis].value() < tile)
      return arith::ConstantIntOp::create(b, b.getI1Type(), 0);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, count, constant(tile));
  }

  Value scratch_vector(int64_t number) {
    return LLVM::GEPOp::create(b, scratch_.getType(), vector_of(element(), lanes_), scratch_,
                               llvm::ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(number)});
  }
  Value scratch_row(Value row) { return address(scratch_, dtype_, mul(row, constant(tile_.columns))); }

  /// Both branches of a condition, each giving vectors.
  llvm::SmallVector<Value> choose(Value condition, TypeRange types,
                                  llvm::function_ref<llvm::SmallVector<Value>()> then_body,
                                  llvm::function_ref<llvm::SmallVector<Value>()> else_body) {
    APInt known;
    if (matchPattern(condition, m_ConstantInt(&known)))
      return known.isZero() ? else_body() : then_body();
    auto branch = scf::IfOp::create(b, types, condition, /*addThenBlock=*/true, /*addElseBlock=*/true);
    OpBuilder::InsertionGuard guard(b);
    for (auto [block, body] : {std::pair{branch.thenBlock(), then_body}, std::pair{branch.elseBlock(), else_body}}) {
      b.setInsertionPointToEnd(block);
      scf::YieldOp::create(b, body());
    }
    return llvm::SmallVector<Value>(branch.getResults());
  }

  /// The chains' start: -0.0 (+0 where k is empty), or what an earlier block of k left in c.
  llvm::SmallVector<Value> start() {
    const Type vector = vector_of(element(), lanes_);
    const size_t count = static_cast<size_t>(tile_.rows * vectors_);
    const llvm::SmallVector<Type> types(count, vector);
    return choose(
        first_, types,
        [&] {
          Value begin;
          if (is_floating(dtype_)) {
            Value minus_zero = arith::ConstantOp::create(b, b.getFloatAttr(element(), -0.0));
            Value zero = arith::ConstantOp::create(b, b.getFloatAttr(element(), 0.0));
            Value none = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, kc_, constant(0));
            begin = arith::SelectOp::create(b, none, zero, minus_zero);
          } else {
            begin = arith::ConstantOp::create(b, b.getIntegerAttr(element(), 0));
          }
          return llvm::SmallVector<Value>(count, broadcast(begin, lanes_));
        },
        [&] {
          each_row([&](Value row, Value mask) { copy_row(c_row(row), scratch_row(row), mask); });
          llvm::SmallVector<Value> sums;
          for (size_t number = 0; number < count; ++number)
            sums.push_back(LLVM::LoadOp::create(b, vector, scratch_vector(static_cast<int64_t>(number)), 64));
          return sums;
        });
  }

  Value c_row(Value row) { return address(c_, dtype_, mul(row, ldc_)); }

  /// The part of a tile that one loop over k computes.
  struct Region {
    int64_t rows, vectors;
    bool clamped; ///< fewer rows may be there: the last one stands in for those missing, read but never stored
    Value mask;   ///< null: every column is there
  };

  /// Tiles are whole, or lie at the edge of C; where its extent is known, so is what is left there.
  llvm::SmallVector<Value> accumulate(llvm::ArrayRef<Value> sums) {
    const llvm::SmallVector<Type> types(sums.size(), sums.front().getType());
    const auto columns = [&](int64_t rows, bool clamped) {
      const int64_t rest = rest_of(space_.size() - 1, tile_.columns);
      const int64_t vectors = rest > 0 ? (rest + lanes_ - 1) / lanes_ : vectors_;
      return choose(
          full_, types, [&] { return k_loop(sums, {rows, vectors_, clamped, {}}); },
          [&] {
            Value mask = mask_below(rest > 0 ? constant(rest) : n_, tile_.columns);
            return k_loop(sums, {rows, vectors, clamped, rest > 0 && rest % lanes_ == 0 ? Value{} : mask});
          });
    };
    const int64_t rest = rest_of(space_.size() - 2, tile_.rows);
    return choose(
        all_rows_, types, [&] { return columns(tile_.rows, false); },
        [&] { return columns(rest > 0 ? rest : tile_.rows, rest < 0); });
  }

  /// What whole tiles leave of an axis, -1 where that is not known.
  int64_t rest_of(size_t axis, int64_t tile) const {
    return space_[axis].is_static() ? space_[axis].value() % tile : -1;
  }

  llvm::SmallVector<Value> k_loop(llvm::ArrayRef<Value> sums, const Region &region) {
    // Neighbouring rows share a pointer: three of them are one address and two multiples of a_row apart, so that the
    // addresses of a whole tile fit the registers.
    const int64_t group = region.clamped ? 1 : 3;
    llvm::SmallVector<Value> start{b_panel_};
    for (int64_t row = 0; row < region.rows; row += group) {
      Value number = region.clamped ? minimum(constant(row), sub(m_, constant(1))) : constant(row);
      start.push_back(address(a_, dtype_, mul(number, a_row_)));
    }
    const size_t pointers = start.size();
    for (int64_t row = 0; row < region.rows; ++row)
      start.append(sums.begin() + row * vectors_, sums.begin() + row * vectors_ + region.vectors);
    llvm::SmallVector<Value> end = loop(constant(0), kc_, 1, start, [&](Value, ValueRange carried) {
      return k_step(region, group, carried, pointers);
    });
    llvm::SmallVector<Value> results(sums);
    for (int64_t row = 0; row < region.rows; ++row)
      for (int64_t v = 0; v < region.vectors; ++v)
        results[row * vectors_ + v] = end[pointers + row * region.vectors + v];
    return results;
  }

  llvm::SmallVector<Value> k_step(const Region &region, int64_t group, ValueRange carried, size_t pointers) {
    // Far enough for the last cache: the steps of b in place are lines that no hardware foresees.
    Value ahead = constant(region.vectors > 2 ? 8 : 16);
    llvm::SmallVector<Value> columns, next;
    for (int64_t v = 0; v < region.vectors; ++v) {
      columns.push_back(load_vector(address(carried[0], dtype_, constant(v * lanes_)), part(region.mask, v)));
      if (region.vectors > 1)
        prefetch(address(address(carried[0], dtype_, mul(ahead, b_step_)), dtype_, constant(v * lanes_)));
    }
    next.push_back(address(carried[0], dtype_, b_step_));
    for (size_t pointer = 1; pointer < pointers; ++pointer)
      next.push_back(address(carried[pointer], dtype_, a_step_));
    for (int64_t row = 0; row < region.rows; ++row) {
      Value from = address(carried[1 + row / group], dtype_, mul(constant(row % group), a_row_));
      Value spread = broadcast(LLVM::LoadOp::create(b, element(), from, alignment()), lanes_);
      for (int64_t v = 0; v < region.vectors; ++v)
        next.push_back(multiply_add(spread, columns[v], carried[pointers + row * region.vectors + v]));
    }
    prefetch(address(carried[1], dtype_, mul(ahead, a_step_)));
    if (region.rows > 4)
      prefetch(address(carried[pointers - 1], dtype_, mul(ahead, a_step_)));
    for (size_t pointer = 0; pointer < pointers; ++pointer)
      next[pointer] = opaque(next[pointer]);
    return next;
  }

  void prefetch(Value pointer) { LLVM::Prefetch::create(b, pointer, /*rw=*/0, /*hint=*/3, /*cache=*/1); }

  /// Hides how a pointer came about: the optimizer would derive all of them from one and need more registers.
  Value opaque(Value pointer) {
    return LLVM::InlineAsmOp::create(b, pointer.getType(), pointer, "", "=r,0", /*has_side_effects=*/false,
                                     /*is_align_stack=*/false, LLVM::TailCallKind::None, LLVM::AsmDialectAttr{},
                                     ArrayAttr{})
        .getResult(0);
  }

  Value multiply_add(Value x, Value y, Value sum) {
    if (is_floating(dtype_))
      return math::FmaOp::create(b, x, y, sum); // vector.fma would become fmuladd, which need not be fused
    return arith::AddIOp::create(b, arith::MulIOp::create(b, x, y), sum);
  }

  unsigned alignment() const { return static_cast<unsigned>(size_of(dtype_)); }

  /// The lanes of vector number `v` of a row's mask.
  Value part(Value mask, int64_t v) {
    if (!mask || vectors_ == 1)
      return mask;
    llvm::SmallVector<int64_t> numbers;
    for (int64_t lane = 0; lane < lanes_; ++lane)
      numbers.push_back(v * lanes_ + lane);
    return vector::ShuffleOp::create(b, mask, mask, numbers);
  }

  Value load_vector(Value pointer, Value mask, int64_t lanes = 0) {
    const Type type = vector_of(element(), lanes ? lanes : lanes_);
    if (!mask)
      return LLVM::LoadOp::create(b, type, pointer, alignment());
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
    return LLVM::MaskedLoadOp::create(b, type, pointer, mask, zero, alignment());
  }

  void store_vector(Value value, Value pointer, Value mask) {
    if (mask)
      LLVM::MaskedStoreOp::create(b, value, pointer, mask, alignment());
    else
      LLVM::StoreOp::create(b, value, pointer, alignment());
  }

  void copy_row(Value from, Value to, Value mask) { store_vector(load_vector(from, mask, tile_.columns), to, mask); }

  /// Runs the body over the tile's valid rows, without a mask where all columns are valid.
  void each_row(llvm::function_ref<void(Value, Value)> body) {
    const auto rows = [&](Value mask) {
      loop(constant(0), m_, 1, {}, [&](Value row, ValueRange) -> llvm::SmallVector<Value> {
        body(row, mask);
        return {};
      });
      return llvm::SmallVector<Value>{};
    };
    choose(full_, {}, [&] { return rows({}); }, [&] { return rows(mask_below(n_, tile_.columns)); });
  }

  void finish() {
    choose(
        last_, {},
        [&] {
          each_row([&](Value row, Value mask) { epilogue_row(row, mask); });
          return llvm::SmallVector<Value>{};
        },
        [&] {
          each_row([&](Value row, Value mask) { copy_row(scratch_row(row), c_row(row), mask); });
          return llvm::SmallVector<Value>{};
        });
  }

  void epilogue_row(Value row, Value mask) {
    Point point;
    unflatten(batch_, space_.size() - 2, point.indices);
    point.indices.push_back(add(row_, row));
    point.indices.push_back(column_);
    point.vector_dim = static_cast<int>(space_.size()) - 1;
    point.lanes = tile_.columns;
    point.mask = mask;
    point.values[accumulator_.getElement()] =
        LLVM::LoadOp::create(b, vector_of(element(), tile_.columns), scratch_row(row), alignment());
    for (StoreOp op : stores_)
      evaluate(op.getElement(), point);
    for (StoreOp op : stores_)
      store(op, point);
  }

  AccumulatorOp accumulator_;
  llvm::SmallVector<StoreOp> stores_;
  DType dtype_ = DType::f32;
  Target::Tile tile_{};
  int64_t lanes_ = 0, vectors_ = 0;
  Value a_, b_panel_, c_, ldc_, kc_, m_, n_, batch_, row_, column_, first_, last_, epilogue_, a_row_, a_step_, b_step_;
  Value full_, all_rows_, scratch_;
};

} // namespace

func::FuncOp emit_contraction(OpBuilder &builder, ir::kernel::SpecOp spec, const Target &target, DimTable &dims) {
  return ContractionEmitter(builder, spec, target, dims).emit();
}

} // namespace etch::codegen
