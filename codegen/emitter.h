// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "codegen/dim_table.h"
#include "codegen/target.h"
#include "ir/kernel_dialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace etch::codegen {

using mlir::Value;

/// Where in the iteration space a body is evaluated: one index per dimension, and, for vectors, the dimension along
/// which consecutive lanes lie.
struct Point {
  llvm::SmallVector<Value> indices;
  int vector_dim = -1;
  int64_t lanes = 0; ///< 0: scalar
  Value mask;        ///< null: every lane is inside
  llvm::DenseMap<Value, Value> values;
};

/// What all kernel emitters share: buffers, dimensions, addresses, and the evaluation of a spec's body at a point.
/// A kernel is `func @name(%context: !llvm.ptr, %begin: i64, %end: i64)` over tiles; the context is an array of
/// pointers: the frame's dims, then the buffers.
class KernelEmitter {
public:
  KernelEmitter(mlir::OpBuilder &builder, ir::kernel::SpecOp spec, const Target &target, DimTable &dims);
  virtual ~KernelEmitter() = default;

  /// Writes the function and returns it.
  virtual mlir::func::FuncOp emit();

protected:
  mlir::func::FuncOp begin_function(mlir::TypeRange arguments);
  /// Loads the dims pointer and the buffers from a kernel's context.
  void bind(Value context);
  mlir::Block &entry() { return *entry_; }
  /// Emits the tiles [begin, end).
  virtual void emit_tiles(Value begin, Value end) = 0;
  /// Whether values are evaluated once per run of the vectorised dimension; the others once per lane.
  virtual bool hoists_invariants() const { return true; }

  // Integers (i64), folded where known.
  Value constant(int64_t value);
  Value extent(const ops::Dim &dim);
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value divide(Value a, Value b); ///< of non-negative numbers
  Value remainder(Value a, Value b);
  Value minimum(Value a, Value b);
  Value round_down(Value a, int64_t step);

  /// for (i = begin; i < end; i += step), carrying values; a loop known to run once is not a loop.
  llvm::SmallVector<Value> loop(Value begin, Value end, int64_t step, mlir::ValueRange carried,
                                llvm::function_ref<llvm::SmallVector<Value>(Value, mlir::ValueRange)> body);
  /// Runs `full` on whole chunks of [begin, end) and once, masked, on what is left.
  llvm::SmallVector<Value> chunks(Value begin, Value end, int64_t lanes, mlir::ValueRange carried,
                                  llvm::function_ref<llvm::SmallVector<Value>(Value, Value, mlir::ValueRange)> body);
  /// Lanes below `count`.
  Value mask_below(Value count, int64_t lanes);
  /// The indices of the leading dims from their row-major number.
  void unflatten(Value number, size_t dims, llvm::SmallVectorImpl<Value> &indices);

  /// The value of a body op at a point. Loads, constants and texts only: reductions must already be known.
  Value evaluate(Value value, Point &point);
  /// Evaluates, at the scalar point, whatever `roots` need that does not vary along the vectorised dimension.
  void hoist(llvm::ArrayRef<Value> roots, Point &scalar_point);
  void store(ir::kernel::StoreOp op, Point &point);
  bool varies(Value value) const { return varying_.lookup(value); }

  // Reductions of the table.
  Value identity(ir::kernel::ReduceOp reduce, int64_t lanes);
  Value combine(ir::kernel::ReduceOp reduce, Value a, Value b);
  Value empty(ir::kernel::ReduceOp reduce, int64_t lanes);
  DType dtype_of(Value value) const;
  /// `value` where the mask is set, else the reduction's identity.
  Value masked(ir::kernel::ReduceOp reduce, Value value, Value mask);
  /// `value` unless the reduced extent is zero, then the reduction's empty value.
  Value unless_empty(ir::kernel::ReduceOp reduce, Value value, const ops::Dim &extent);

  /// Block results combined pairwise like a binary counter (docs/numerics.md): slot d holds a finished subtree.
  class PairwiseStack {
  public:
    PairwiseStack(KernelEmitter &emitter, ir::kernel::ReduceOp reduce, mlir::Type type);
    void push(Value value, Value block);
    Value finish(Value blocks);

  private:
    Value slot(Value depth);
    KernelEmitter &e_;
    ir::kernel::ReduceOp reduce_;
    mlir::Type type_;
    Value memory_;
  };

  mlir::Type storage_type(DType dtype);
  /// Its value in a register: a bool is one bit there.
  mlir::Type register_type(DType dtype);
  mlir::Type vector_of(mlir::Type element, int64_t lanes);
  Value broadcast(Value value, int64_t lanes);
  Value address(Value buffer, DType dtype, Value linear);
  Value load_element(Value pointer, DType dtype);
  /// Consecutive lanes of a point, those outside its mask untouched.
  Value load_lanes(Value pointer, DType dtype, const Point &point);
  void store_lanes(Value stored, Value pointer, DType dtype, const Point &point);
  Value from_storage(Value stored, DType dtype);
  Value to_storage(Value value, DType dtype);
  Value linear_index(ir::DimsAttr strides, ir::DimsAttr offset, const Point &point);
  Value buffer(Value argument) { return buffers_.lookup(argument); }
  Value alloca_at_entry(mlir::Type type, int64_t count);

  /// Lanes of one vector step for this body: wide enough to hide latency, narrow enough to stay in registers.
  int64_t map_lanes();

  mlir::ImplicitLocOpBuilder b;
  ir::kernel::SpecOp spec_;
  const Target &target_;
  ops::Dims space_;
  llvm::DenseMap<Value, Value> kept_; ///< values known per run of the vectorised dimension

private:
  Value evaluate_op(mlir::Operation *op, Point &point);
  Value load(ir::kernel::LoadOp op, Point &point);
  Value gather(Value buffer, DType dtype, Value linear, Value stride, const Point &point);
  void scatter(Value stored, Value buffer, DType dtype, Value linear, Value stride, const Point &point);
  Value apply(ir::kernel::ApplyOp op, Point &point);
  Value convert(Value value, DType from, DType to);
  void classify();

  DimTable &dims_;
  llvm::DenseMap<Value, Value> buffers_;
  llvm::DenseMap<Value, bool> varying_;
  llvm::DenseMap<int64_t, Value> loaded_dims_;
  mlir::Block *entry_ = nullptr;
  Value dims_pointer_;
};

/// One emitter per kind of spec.
mlir::func::FuncOp emit_rows(mlir::OpBuilder &builder, ir::kernel::SpecOp spec, const Target &target, DimTable &dims);
mlir::func::FuncOp emit_columns(mlir::OpBuilder &builder, ir::kernel::SpecOp spec, const Target &target,
                                DimTable &dims);
mlir::func::FuncOp emit_contraction(mlir::OpBuilder &builder, ir::kernel::SpecOp spec, const Target &target,
                                    DimTable &dims);

/// Tiles of a map or row kernel's iteration space, as emitted by emit_rows and emit_columns.
int64_t elements_per_tile(ir::kernel::SpecOp spec);

} // namespace etch::codegen
