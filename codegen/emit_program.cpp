// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/emit_program.h"

#include "codegen/emitter.h"
#include "ir/scalar_expr.h"
#include "ir/types.h"
#include "support/require.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <algorithm>
#include <cstdint>

namespace etch::codegen {
namespace {

using namespace mlir;
using ir::kernel::SpecOp;

// Byte offsets of etch_frame and indices of etch_host (runtime/abi.h).
constexpr int32_t kInputs = 8, kOutputs = 16, kArena = 24, kDims = 32, kStatus = 40, kHost = 48;
// Operations on an element that take some 6 µs, and bounds of the elements of a range: short bodies are bound by
// memory.
constexpr int64_t kGrainOps = 500'000, kLeastGrain = 4096, kMostGrain = 32768;
constexpr int32_t kParallelFor = 0, kContract = 1, kOpaque = 2, kPrint = 3;

/// Writes the entry function: buffers, then one step after the other.
class ProgramEmitter {
public:
  ProgramEmitter(ModuleOp module, ir::exec::ProgramOp program, const Target &target, DimTable &dims)
      : module_(module), program_(program), target_(target), dims_(dims),
        b(program.getLoc(), OpBuilder::atBlockEnd(module.getBody())),
        pointer_(LLVM::LLVMPointerType::get(module.getContext())) {}

  void run() {
    auto entry = func::FuncOp::create(b, kEntryName, b.getFunctionType(pointer_, {}));
    entry_ = entry.addEntryBlock();
    b.setInsertionPointToStart(entry_);
    frame_ = entry_->getArgument(0);
    dims_pointer_ = field(kDims);
    host_ = field(kHost);
    for (Operation &op : program_.getBody().front())
      step(op);
    b.setInsertionPointToEnd(entry_);
    func::ReturnOp::create(b);
    // Slot offsets follow the expressions, whose number is only known now.
    const auto count = static_cast<int64_t>(dims_.dims().size());
    for (auto [index, slot] : slot_indices_)
      index.setValueAttr(b.getI64IntegerAttr(count + slot));
  }

private:
  Value constant(int64_t value) { return arith::ConstantIntOp::create(b, b.getI64Type(), value); }

  Value load_at(Value base, Type step_type, int32_t index, Type type) {
    Value at = LLVM::GEPOp::create(b, pointer_, step_type, base, llvm::ArrayRef<LLVM::GEPArg>{index});
    return LLVM::LoadOp::create(b, type, at);
  }
  Value field(int32_t offset) { return load_at(frame_, b.getI8Type(), offset, pointer_); }

  Value extent(const ops::Dim &dim) {
    if (dim.is_static())
      return constant(dim.value());
    return load_at(dims_pointer_, b.getI64Type(), static_cast<int32_t>(dims_.index_of(dim)), b.getI64Type());
  }

  Value alloca_at_entry(Type type, int64_t count) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(entry_);
    return LLVM::AllocaOp::create(b, pointer_, type, constant(count), 8);
  }

  Value array_of(llvm::ArrayRef<Value> values, Type type) {
    Value array = alloca_at_entry(type, static_cast<int64_t>(std::max<size_t>(values.size(), 1)));
    for (auto [index, value] : llvm::enumerate(values)) {
      Value at =
          LLVM::GEPOp::create(b, pointer_, type, array, llvm::ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
      LLVM::StoreOp::create(b, value, at);
    }
    return array;
  }

  void step(Operation &op) {
    b.setLoc(op.getLoc());
    if (op.hasAttr("etch.commits"))
      continue_unless_failed();
    if (auto buffer = dyn_cast<ir::exec::BufferOp>(op))
      buffers_[buffer.getPointer()] = pointer_of(buffer);
    else if (auto launch = dyn_cast<ir::exec::LaunchOp>(op))
      emit_launch(launch);
    else if (auto contract = dyn_cast<ir::exec::ContractOp>(op))
      emit_contract(contract);
    else if (auto call = dyn_cast<ir::exec::HostCallOp>(op))
      emit_host_call(call);
  }

  /// From here on inputs may be overwritten, which a call that is to be replayed needs as they were.
  void continue_unless_failed() {
    Value failing_op = load_at(field(kStatus), b.getI64Type(), 0, b.getI64Type()); // etch_status::op_id
    Value none = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, failing_op, constant(INT64_MAX));
    b.setInsertionPointToStart(scf::IfOp::create(b, none, /*withElseRegion=*/false).thenBlock());
  }

  Value pointer_of(ir::exec::BufferOp buffer) {
    const auto index = static_cast<int32_t>(buffer.getIndex());
    if (buffer.getKind() == "input")
      return load_at(field(kInputs), pointer_, index, pointer_);
    if (buffer.getKind() == "output")
      return load_at(field(kOutputs), pointer_, index, pointer_);
    Value offset;
    if (buffer.getKind() == "arena") {
      offset = constant(buffer.getIndex());
    } else {
      auto slot_index = arith::ConstantIntOp::create(b, b.getI64Type(), 0);
      slot_indices_.push_back({slot_index, buffer.getIndex()});
      Value at = LLVM::GEPOp::create(b, pointer_, b.getI64Type(), dims_pointer_, ValueRange{slot_index});
      offset = LLVM::LoadOp::create(b, b.getI64Type(), at);
    }
    return LLVM::GEPOp::create(b, pointer_, b.getI8Type(), field(kArena), offset);
  }

  llvm::SmallVector<Value> pointers(OperandRange buffers) {
    llvm::SmallVector<Value> found;
    for (Value buffer : buffers)
      found.push_back(buffers_.lookup(buffer));
    return found;
  }

  Value context_of(OperandRange buffers) {
    llvm::SmallVector<Value> fields{dims_pointer_};
    llvm::append_range(fields, pointers(buffers));
    return array_of(fields, pointer_);
  }

  Value address_of(llvm::StringRef name) {
    auto function = module_.lookupSymbol<func::FuncOp>(name);
    Value constant_function = func::ConstantOp::create(b, function.getFunctionType(), name);
    return UnrealizedConversionCastOp::create(b, pointer_, constant_function).getResult(0);
  }

  void call_host(int32_t service, llvm::ArrayRef<Value> arguments) {
    Value callee = load_at(host_, pointer_, service, pointer_);
    llvm::SmallVector<Type> types;
    llvm::SmallVector<Value> operands{callee};
    for (Value argument : arguments) {
      types.push_back(argument.getType());
      operands.push_back(argument);
    }
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), types);
    LLVM::CallOp::create(b, type, operands);
  }

  Value product(llvm::ArrayRef<ops::Dim> dims) { return extent(ops::product(ops::Dims(dims.begin(), dims.end()))); }

  Value chunks_of(const ops::Dim &dim, int64_t size) {
    return b.createOrFold<arith::DivUIOp>(b.createOrFold<arith::AddIOp>(extent(dim), constant(size - 1)),
                                          constant(size));
  }

  /// Vector operations that an element takes: what the innermost loops compute.
  static int64_t cost_of(func::FuncOp kernel) {
    int64_t cost = 1;
    kernel.walk([&](scf::ForOp loop) {
      if (!loop.getBody()->getOps<scf::ForOp>().empty())
        return;
      for (Operation &op : *loop.getBody())
        cost += op.getNumResults() == 1 && isa<VectorType>(op.getResult(0).getType()) &&
                !isa<arith::ConstantOp, vector::BroadcastOp>(op);
    });
    return cost;
  }

  /// Tiles of a kernel, and how many are worth handing to another thread.
  std::pair<Value, Value> tiles_of(SpecOp spec, func::FuncOp kernel) {
    const ops::Dims space = ir::to_dims(spec.getSpace());
    // Waking a thread costs some microseconds, so a range should take no less.
    const int64_t cost = cost_of(kernel);
    const int64_t grain_elements = std::clamp<int64_t>(kGrainOps / cost, kLeastGrain, kMostGrain);
    const llvm::ArrayRef<ops::Dim> dims(space);
    Value tiles, per_tile;
    if (spec.getKind() == "column") {
      tiles = b.createOrFold<arith::MulIOp>(product(dims.drop_back(2)), chunks_of(space.back(), 64));
      per_tile = b.createOrFold<arith::MulIOp>(extent(space[space.size() - 2]), constant(64));
    } else if (spec.getKind() == "map") {
      tiles =
          b.createOrFold<arith::MulIOp>(product(dims.drop_back(1)), chunks_of(space.back(), elements_per_tile(spec)));
      per_tile = b.createOrFold<arith::MinSIOp>(extent(space.back()), constant(elements_per_tile(spec)));
    } else {
      tiles = product(dims.drop_back(1));
      per_tile = extent(space.back());
    }
    // Fewer elements than a vector has take as long as a whole one.
    Value padded = b.createOrFold<arith::MaxSIOp>(per_tile, constant(target_.lanes(DType::f32)));
    Value grain = b.createOrFold<arith::DivUIOp>(constant(grain_elements), padded);
    return {tiles, b.createOrFold<arith::MaxSIOp>(grain, constant(1))};
  }

  void emit_launch(ir::exec::LaunchOp launch) {
    auto spec = module_.lookupSymbol<SpecOp>((launch.getKernel() + ".spec").str());
    auto [tiles, grain] = tiles_of(spec, module_.lookupSymbol<func::FuncOp>(launch.getKernel()));
    Value context = context_of(launch.getBuffers());
    Value parallel = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sgt, tiles, grain);
    auto branch = scf::IfOp::create(b, parallel, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    call_host(kParallelFor, {frame_, tiles, grain, address_of(launch.getKernel()), context});
    b.setInsertionPointToStart(branch.elseBlock());
    func::CallOp::create(b, launch.getKernel(), TypeRange{}, ValueRange{context, constant(0), tiles});
  }

  void emit_contract(ir::exec::ContractOp op) {
    const ops::Dims sizes = ir::to_dims(op.getSizes()), a = ir::to_dims(op.getAStrides()),
                    w = ir::to_dims(op.getBStrides());
    const DType dtype = ir::to_dtype(op.getElement());
    llvm::SmallVector<Value> shape{constant(static_cast<int64_t>(dtype))};
    for (const ops::Dim &dim :
         {sizes[0], sizes[1], sizes[2], sizes[3], a[0], a[1], a[2], w[0], w[1], w[2], sizes[1] * sizes[2], sizes[2]})
      shape.push_back(extent(dim));
    const auto offset = [&](Value base, const ops::Dim &elements) -> Value {
      return LLVM::GEPOp::create(b, pointer_, b.getI8Type(), base,
                                 extent(elements * ops::Dim(static_cast<int64_t>(size_of(dtype)))));
    };
    Value micro = LLVM::ZeroOp::create(b, pointer_), context = micro;
    Target::Tile tile{0, 0};
    if (op.getEpilogue()) {
      micro = address_of(*op.getEpilogue());
      context = context_of(op.getBuffers());
      const auto known = [&](const ops::Dim &dim) { return dim.is_static() ? dim.value() : -1; };
      tile = target_.contraction_tile(dtype, known(sizes[1]), known(sizes[2]));
    }
    call_host(kContract, {frame_, array_of(shape, b.getI64Type()), offset(buffers_.lookup(op.getA()), a[3]),
                          offset(buffers_.lookup(op.getB()), w[3]), buffers_.lookup(op.getC()), micro,
                          constant(tile.rows), constant(tile.columns), context});
  }

  void emit_host_call(ir::exec::HostCallOp op) {
    call_host(op.getService() == "print" ? kPrint : kOpaque,
              {frame_, constant(op.getSite()), array_of(pointers(op.getBuffers()), pointer_)});
  }

  ModuleOp module_;
  ir::exec::ProgramOp program_;
  const Target &target_;
  DimTable &dims_;
  ImplicitLocOpBuilder b;
  Type pointer_;
  Block *entry_ = nullptr;
  Value frame_, dims_pointer_, host_;
  llvm::DenseMap<Value, Value> buffers_;
  llvm::SmallVector<std::pair<arith::ConstantIntOp, int64_t>> slot_indices_;
};

} // namespace

void emit_program(ModuleOp module, const Target &target, DimTable &dims) {
  if (target.scales_by_exponent)
    module->setAttr(ir::kScalesByExponent, UnitAttr::get(module.getContext()));
  llvm::SmallVector<SpecOp> specs(module.getOps<SpecOp>());
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  for (SpecOp spec : specs) {
    builder.setInsertionPointToEnd(module.getBody());
    const llvm::StringRef kind = spec.getKind();
    func::FuncOp kernel = kind == "column"        ? emit_columns(builder, spec, target, dims)
                          : kind == "contraction" ? emit_contraction(builder, spec, target, dims)
                                                  : emit_rows(builder, spec, target, dims);
    kernel.setPrivate();
    // The program still looks at the spec, the symbol now belongs to the function.
    spec.setSymName((spec.getSymName() + ".spec").str());
  }
  llvm::SmallVector<ir::exec::ProgramOp> programs(module.getOps<ir::exec::ProgramOp>());
  for (ir::exec::ProgramOp program : programs) {
    ProgramEmitter(module, program, target, dims).run();
    program.erase();
  }
  for (SpecOp spec : specs)
    spec.erase();
}

} // namespace etch::codegen
