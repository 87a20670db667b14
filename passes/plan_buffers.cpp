// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decides where every value in memory lives: in an output, or in one arena in which blocks are reused once their value
// is dead.
//   %0 = etch_kernel.cluster "map" (%x) {…}   ⇒   … {places = ["arena 0"]}
//   return %1                                     … {places = ["output 0"]}
// Known sizes get best-fit offsets; unknown sizes get slots, shared by values of equal size expression. A map whose
// operand dies there, and is read only element by element, takes over its block. Assumes etch-fuse has run. Guarantees
// places on every cluster and opaque op, and `etch.arena_bytes` and `etch.slots` on the function.
#include "ir/build.h"
#include "ir/kernel_dialect.h"
#include "ir/types.h"
#include "passes/cluster_graph.h"
#include "passes/passes.h"
#include "passes/place.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <map>

namespace etch::passes {
namespace {

using namespace mlir;

constexpr int64_t kAlignment = 64;
// Beyond any address space. Larger blocks become slots, whose sum is checked when the function is called, so that here
// no sum of sizes leaves 64 bits: a guard may fail before such a block is ever needed.
constexpr int64_t kMostArenaBytes = int64_t{1} << 47;

/// Free blocks of the static arena, by offset; best fit, neighbours joined.
class Arena {
public:
  int64_t take(int64_t bytes) {
    auto best = free_.end();
    for (auto it = free_.begin(); it != free_.end(); ++it)
      if (it->second >= bytes && (best == free_.end() || it->second < best->second))
        best = it;
    if (best == free_.end()) {
      const int64_t offset = size_;
      size_ += bytes;
      return offset;
    }
    const auto [offset, available] = *best;
    free_.erase(best);
    if (available > bytes)
      free_[offset + bytes] = available - bytes;
    return offset;
  }

  void give_back(int64_t offset, int64_t bytes) {
    auto it = free_.insert({offset, bytes}).first;
    if (auto next = std::next(it); next != free_.end() && it->first + it->second == next->first) {
      it->second += next->second;
      free_.erase(next);
    }
    if (it != free_.begin())
      if (auto previous = std::prev(it); previous->first + previous->second == it->first) {
        previous->second += it->second;
        free_.erase(it);
      }
  }

  int64_t size() const { return size_; }

private:
  std::map<int64_t, int64_t> free_;
  int64_t size_ = 0;
};

class Planner {
public:
  Planner(func::FuncOp function, bool reuse) : function_(function), block_(function.front()), reuse_(reuse) {}

  void run() {
    for (auto [index, value] : llvm::enumerate(block_.getTerminator()->getOperands()))
      places_[ClusterGraph::base_of(value)] = {Place::Kind::output, static_cast<int64_t>(index)};
    for (Operation &op : block_)
      for (Value operand : op.getOperands())
        last_use_[ClusterGraph::base_of(operand)] = &op;
    for (Operation &op : block_.without_terminator())
      plan(op);
    Builder builder(function_.getContext());
    function_->setAttr("etch.arena_bytes", builder.getI64IntegerAttr(arena_.size()));
    function_->setAttr("etch.slots", ir::to_dims_attr(function_.getContext(), slot_bytes_));
  }

private:
  static bool writes_memory(Operation &op) {
    if (isa<ir::kernel::ClusterOp>(op))
      return true;
    const ops::OpDef *def = ir::def_of(&op);
    return def && def->op_class == ops::OpClass::opaque;
  }

  static ops::Dim bytes_of(Value value) {
    const ops::TensorType type = ir::to_tensor_type(value.getType());
    return ops::product(type.dims) * ops::Dim(static_cast<int64_t>(size_of(type.dtype)));
  }

  static int64_t padded(int64_t bytes) { return std::max<int64_t>((bytes + kAlignment - 1) / kAlignment, 1) * kAlignment; }

  void plan(Operation &op) {
    if (!writes_memory(op))
      return;
    Builder builder(op.getContext());
    llvm::SmallVector<Attribute> places;
    for (Value result : op.getResults()) {
      auto known = places_.find(result);
      if (known == places_.end())
        known = places_.insert({result, take(op, result)}).first;
      places.push_back(known->second.to_attr(builder));
    }
    op.setAttr(isa<ir::kernel::ClusterOp>(op) ? "places" : "etch.places", builder.getArrayAttr(places));
    if (!reuse_)
      return;
    for (Value operand : op.getOperands())
      release(op, ClusterGraph::base_of(operand));
    for (Value result : op.getResults())
      if (!last_use_.count(result))
        last_use_[result] = &op, release(op, result);
  }

  Place take(Operation &op, Value result) {
    if (reuse_)
      if (Value operand = operand_to_overwrite(op, result)) {
        Place place = places_[operand];
        released_.insert(operand);
        return place;
      }
    const ops::Dim bytes = bytes_of(result);
    if (bytes.is_static() && bytes.value() <= kMostArenaBytes)
      return {Place::Kind::arena, arena_.take(padded(bytes.value()))};
    auto &free = free_slots_[bytes.text()];
    if (!free.empty()) {
      const int64_t slot = free.back();
      free.pop_back();
      return {Place::Kind::slot, slot};
    }
    slot_bytes_.push_back(bytes);
    return {Place::Kind::slot, static_cast<int64_t>(slot_bytes_.size()) - 1};
  }

  /// An operand of a map that dies here, lies in the arena, has the result's size, and is read at the element that is
  /// being written only.
  Value operand_to_overwrite(Operation &op, Value result) {
    auto cluster = dyn_cast<ir::kernel::ClusterOp>(op);
    if (!cluster || cluster.getKind() != "map")
      return {};
    for (auto [operand, argument] : llvm::zip(cluster.getInputs(), cluster.getBody().getArguments())) {
      auto place = places_.find(operand);
      if (place == places_.end() || place->second.kind == Place::Kind::output || last_use_[operand] != &op ||
          released_.contains(operand) || operand.getType() != result.getType())
        continue;
      const bool elementwise = llvm::all_of(argument.getUsers(), [&](Operation *user) {
        const ops::OpDef *def = ir::def_of(user);
        return def && def->op_class == ops::OpClass::elementwise &&
               ir::to_tensor_type(user->getResult(0).getType()).dims == ir::to_tensor_type(result.getType()).dims;
      });
      const bool read_once = llvm::count_if(cluster.getInputs(), [&](Value input) {
                               return ClusterGraph::base_of(input) == operand;
                             }) == 1;
      if (elementwise && read_once)
        return operand;
    }
    return {};
  }

  void release(Operation &op, Value value) {
    auto place = places_.find(value);
    if (place == places_.end() || place->second.kind == Place::Kind::output || last_use_[value] != &op ||
        !released_.insert(value).second)
      return;
    const ops::Dim bytes = bytes_of(value);
    if (place->second.kind == Place::Kind::arena)
      arena_.give_back(place->second.index, padded(bytes.value()));
    else
      free_slots_[bytes.text()].push_back(place->second.index);
  }

  func::FuncOp function_;
  Block &block_;
  const bool reuse_;
  Arena arena_;
  ops::Dims slot_bytes_;
  std::map<std::string, std::vector<int64_t>> free_slots_;
  llvm::DenseMap<Value, Place> places_;
  llvm::DenseMap<Value, Operation *> last_use_;
  llvm::DenseSet<Value> released_;
};

class PlanBuffers : public PassWrapper<PlanBuffers, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PlanBuffers)
  explicit PlanBuffers(bool reuse = true) : reuse_(reuse) {}
  StringRef getArgument() const final { return "etch-plan-buffers"; }
  StringRef getDescription() const final { return "Place every value in an output or in the arena"; }
  void getDependentDialects(DialectRegistry &registry) const final { registry.insert<ir::EtchDialect>(); }
  void runOnOperation() override { Planner(getOperation(), reuse_).run(); }

private:
  bool reuse_;
};

} // namespace

std::unique_ptr<Pass> create_plan_buffers(bool reuse) { return std::make_unique<PlanBuffers>(reuse); }

} // namespace etch::passes
