// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decides where every value in memory lives: in an output, or in one arena in which blocks are reused once their value
// is dead.
//   %0 = etch_kernel.cluster "map" (%x) {…}   ⇒   … {places = ["arena 0"]}
//   return %1                                     … {places = ["output 0"]}
// Known sizes get best-fit offsets; unknown sizes get slots, shared by values of equal size expression. A map whose
// operand dies there, and is read only element by element, takes over its block. In the same way an output may take the
// memory of an input, where the caller gives that away: `etch.takes` on the function lists output and input in turn.
// What the caller has given must be whole when a check has failed, so no step that may fail comes after such a map;
// where one comes before, `etch.commits` on the first such map says that nothing from there on runs once a check has
// failed. Assumes etch-fuse has run. Guarantees places on every cluster and opaque op, and `etch.arena_bytes` and
// `etch.slots` on the function.
#include "ir/build.h"
#include "ir/kernel_dialect.h"
#include "ir/types.h"
#include "passes/cluster_graph.h"
#include "passes/passes.h"
#include "passes/place.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <functional>
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
    for (Operation &op : block_) {
      for (Value operand : op.getOperands())
        last_use_[ClusterGraph::base_of(operand)] = &op;
      if (may_fail(op))
        last_failure_ = &op;
    }
    for (Operation &op : block_.without_terminator())
      plan(op);
    Builder builder(function_.getContext());
    function_->setAttr("etch.arena_bytes", builder.getI64IntegerAttr(arena_.size()));
    function_->setAttr("etch.slots", ir::to_dims_attr(function_.getContext(), slot_bytes_));
    if (!takes_.empty())
      function_->setAttr("etch.takes", builder.getDenseI64ArrayAttr(takes_));
  }

private:
  static bool writes_memory(Operation &op) {
    if (isa<ir::kernel::ClusterOp>(op))
      return true;
    const ops::OpDef *def = ir::def_of(&op);
    return def && def->op_class == ops::OpClass::opaque;
  }

  /// Steps that the host takes: they check values, or need memory.
  static bool may_fail(Operation &op) {
    if (auto cluster = dyn_cast<ir::kernel::ClusterOp>(op))
      return cluster.getKind() == "contraction";
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
    if (auto cluster = dyn_cast<ir::kernel::ClusterOp>(op))
      note_takes(cluster);
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

  /// Whether a map reads an operand, which dies there, at the element that it is writing only.
  bool may_overwrite(ir::kernel::ClusterOp map, Value operand, BlockArgument argument, Value result) const {
    const ops::Dims dims = ir::to_tensor_type(result.getType()).dims;
    const bool elementwise = llvm::all_of(argument.getUsers(), [&](Operation *user) {
      const ops::OpDef *def = ir::def_of(user);
      return isa<ir::kernel::YieldOp>(user) || (def && def->op_class == ops::OpClass::elementwise &&
                                                ir::to_tensor_type(user->getResult(0).getType()).dims == dims);
    });
    const bool read_once =
        llvm::count_if(map.getInputs(), [&](Value input) { return ClusterGraph::base_of(input) == operand; }) == 1;
    return elementwise && read_once && last_use_.lookup(operand) == map.getOperation() &&
           ir::to_tensor_type(operand.getType()).dims == dims;
  }

  /// An operand of a map that lies in the arena and may be overwritten with the result.
  Value operand_to_overwrite(Operation &op, Value result) {
    auto cluster = dyn_cast<ir::kernel::ClusterOp>(op);
    if (!cluster || cluster.getKind() != "map")
      return {};
    for (auto [operand, argument] : llvm::zip(cluster.getInputs(), cluster.getBody().getArguments())) {
      auto place = places_.find(operand);
      if (place != places_.end() && place->second.kind != Place::Kind::output && !released_.contains(operand) &&
          operand.getType() == result.getType() && may_overwrite(cluster, operand, argument, result))
        return operand;
    }
    return {};
  }

  /// Inputs of the function that may be overwritten with an output. Those of its type come first, for they cost no new
  /// node, and the values of Variables, which are the last inputs, before others, so that Variables stay where they
  /// are.
  void note_takes(ir::kernel::ClusterOp map) {
    if (map.getKind() != "map" || (last_failure_ && !last_failure_->isBeforeInBlock(map)))
      return;
    const bool is_first = takes_.empty();
    for (Value result : map.getOutputs()) {
      const Place place = places_.lookup(result);
      if (place.kind != Place::Kind::output)
        continue;
      llvm::SmallVector<std::pair<bool, int64_t>> inputs;
      for (auto [operand, argument] : llvm::zip(map.getInputs(), map.getBody().getArguments()))
        if (auto input = dyn_cast<BlockArgument>(operand);
            input && element_bytes(operand) == element_bytes(result) && may_overwrite(map, operand, argument, result))
          inputs.push_back({operand.getType() == result.getType(), input.getArgNumber()});
      llvm::sort(inputs, std::greater<>());
      for (auto [same_type, input] : inputs)
        takes_.append({place.index, input});
    }
    if (is_first && !takes_.empty() && last_failure_)
      map->setAttr("etch.commits", UnitAttr::get(map.getContext()));
  }

  static size_t element_bytes(Value value) { return size_of(ir::to_tensor_type(value.getType()).dtype); }

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
  Operation *last_failure_ = nullptr; // the last step that may fail
  llvm::SmallVector<int64_t> takes_;
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
