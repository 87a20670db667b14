// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Groups tensor ops into clusters that each run as one kernel.
//   %0 = etch.exp %x; %1 = etch.add %0, %y    ⇒   %1 = etch_kernel.cluster "map" (%x, %y) { exp, add, yield }
// Merges element-wise chains, maps into and out of reductions, and maps onto contractions; several results may leave
// one cluster. Views (index maps) and free ops (constants, positions) are repeated inside every cluster that reads
// them. Assumes composites are expanded, reductions split and refs gone. Guarantees that outside clusters only views
// that keep their operand's order, opaque ops and prints remain, and that every returned value is a distinct result
// of a cluster or opaque op, or such a view of one.
#include "ir/build.h"
#include "ir/kernel_dialect.h"
#include "ir/types.h"
#include "passes/cluster_graph.h"
#include "passes/passes.h"
#include "passes/views.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace etch::passes {
namespace {

using namespace mlir;
using Cluster = ClusterGraph::Cluster;

const char *name_of(ClusterKind kind) {
  switch (kind) {
  case ClusterKind::row: return "row";
  case ClusterKind::column: return "column";
  case ClusterKind::contraction: return "contraction";
  case ClusterKind::concat: return "concat";
  default: return "map";
  }
}

ops::Dims dims_of(Operation *op) { return ir::to_tensor_type(op->getResult(0).getType()).dims; }

/// Decides which op joins which cluster.
class Merger {
public:
  explicit Merger(ClusterGraph &graph) : graph_(graph) {}

  void visit(Operation *op) {
    Cluster *cluster = graph_.cluster_of(op);
    const bool view = is_view(op);
    if (!view && (cluster->kind == ClusterKind::none || cluster->kind == ClusterKind::concat ||
                  cluster->kind == ClusterKind::contraction))
      return;
    if (is_free(op))
      return;
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp(); producer && graph_.cluster_of(producer) && !is_free(producer))
        view ? join_view(op, producer) : join(op, producer);
  }

private:
  static bool reduces(const Cluster &cluster) {
    return cluster.kind == ClusterKind::row || cluster.kind == ClusterKind::column;
  }

  /// True when `dims` are those of a value the reduction keeps, and not mistakable for the space itself.
  static bool is_kept(const Cluster &cluster, const ops::Dims &dims) {
    return dims != cluster.space &&
           (dims == ClusterGraph::kept_dims(cluster, true) || dims == ClusterGraph::kept_dims(cluster, false));
  }

  /// A view of a kept value that only adds or drops dimensions of extent one stays in registers.
  void join_view(Operation *op, Operation *producer) {
    const Cluster &into = *graph_.cluster_of(producer);
    if (!reduces(into) || graph_.level_of(producer) != Level::kept || !is_kept(into, dims_of(op)) || !keeps_order(op))
      return;
    graph_.set_level(op, Level::kept);
    if (!graph_.try_merge(op, producer, into.kind))
      graph_.set_level(op, Level::space);
  }

  void join(Operation *op, Operation *producer) {
    const Cluster &consumer = *graph_.cluster_of(op), &other = *graph_.cluster_of(producer);
    if (other.kind == ClusterKind::none || other.kind == ClusterKind::concat || &consumer == &other)
      return;
    if (consumer.kind == ClusterKind::map && reduces(other) && consumer.members.size() == 1 &&
        is_kept(other, dims_of(op))) {
      graph_.set_level(op, Level::kept);
      if (!graph_.try_merge(op, producer, other.kind))
        graph_.set_level(op, Level::space);
      return;
    }
    if (consumer.space != other.space)
      return;
    if (consumer.kind == ClusterKind::map)
      graph_.try_merge(op, producer, other.kind);
    else if (other.kind == ClusterKind::map)
      graph_.try_merge(op, producer, consumer.kind);
    else if (consumer.kind == other.kind && reduces(consumer) && consumer.reduced_begin == other.reduced_begin &&
             consumer.reduced_end == other.reduced_end)
      graph_.try_merge(op, producer, consumer.kind);
  }

  ClusterGraph &graph_;
};

/// Rewrites the block cluster by cluster.
class Rewriter {
public:
  Rewriter(func::FuncOp function, ClusterGraph &graph) : block_(function.front()), graph_(graph) {}

  void run() {
    std::vector<Cluster *> order = graph_.in_order();
    Operation *terminator = block_.getTerminator();
    for (Cluster *cluster : order) {
      if (cluster->kind != ClusterKind::none)
        build(*cluster, terminator);
      else if (Operation *op = cluster->members.front(); !is_free(op) && !is_view(op))
        keep(op, terminator);
    }
    return_results(terminator);
    // What is left above the terminator in its old place was cloned into clusters.
    for (Operation *op : llvm::reverse(originals_))
      op->erase();
  }

  void note_originals() {
    for (Operation &op : block_.without_terminator())
      originals_.push_back(&op);
  }

private:
  /// Clones the views and free ops that `value` needs, down to values in memory, which become inputs.
  Value clone_leaf(Value value, OpBuilder &builder, IRMapping &inside, llvm::SmallVector<Value> &inputs, Block *body) {
    if (Value known = inside.lookupOrNull(value))
      return known;
    Operation *op = value.getDefiningOp();
    if (op && (is_free(op) || is_view(op)) && !in_memory(value)) {
      for (Value operand : op->getOperands())
        clone_leaf(operand, builder, inside, inputs, body);
      builder.clone(*op, inside);
      return inside.lookup(value);
    }
    inputs.push_back(memory_.lookupOrDefault(value));
    Value argument = body->addArgument(value.getType(), value.getLoc());
    inside.map(value, argument);
    return argument;
  }

  /// A view that was materialised, or a value that is in memory by nature.
  bool in_memory(Value value) { return memory_.contains(value); }

  static bool used_outside(Operation *op, const llvm::DenseSet<Operation *> &members) {
    return llvm::any_of(op->getUsers(), [&](Operation *user) { return !members.contains(user); });
  }

  void build(Cluster &cluster, Operation *before) {
    const llvm::DenseSet<Operation *> members(cluster.members.begin(), cluster.members.end());
    llvm::SmallVector<Value> results;
    for (Operation *member : cluster.members)
      if (used_outside(member, members))
        results.push_back(member->getResult(0));
    if (results.empty())
      return;
    add_accumulator(cluster, results);
    make_cluster(name_of(cluster.kind), cluster.members, results, before);
  }

  /// A contraction needs memory of its own type and extent to accumulate in: its own result, where no other has both.
  static void add_accumulator(const Cluster &cluster, llvm::SmallVector<Value> &results) {
    if (cluster.kind != ClusterKind::contraction)
      return;
    for (Operation *member : cluster.members) {
      if (ir::def_of(member)->op_class != ops::OpClass::contraction)
        continue;
      Value sum = member->getResult(0);
      if (llvm::none_of(results, [&](Value result) { return result.getType() == sum.getType(); }))
        results.push_back(sum);
    }
  }

  void make_cluster(llvm::StringRef kind, llvm::ArrayRef<Operation *> members, llvm::ArrayRef<Value> results,
                    Operation *before) {
    OpBuilder builder(before);
    auto body = std::make_unique<Block>();
    OpBuilder inner(before->getContext());
    inner.setInsertionPointToEnd(body.get());
    IRMapping inside;
    llvm::SmallVector<Value> inputs;
    for (Operation *member : members) {
      for (Value operand : member->getOperands())
        clone_leaf(operand, inner, inside, inputs, body.get());
      inner.clone(*member, inside);
    }
    llvm::SmallVector<Value> yielded;
    llvm::SmallVector<Type> types;
    for (Value result : results) {
      yielded.push_back(members.empty() ? clone_leaf(result, inner, inside, inputs, body.get()) : inside.lookup(result));
      types.push_back(result.getType());
    }
    const mlir::Location location = results.front().getLoc();
    ir::kernel::YieldOp::create(inner, location, yielded);
    auto op = ir::kernel::ClusterOp::create(builder, location, types, inputs, builder.getStringAttr(kind), ArrayAttr{});
    op.getBody().push_back(body.release());
    for (auto [result, made] : llvm::zip(results, op.getOutputs()))
      memory_.map(result, made);
  }

  /// The value in memory with exactly these elements in row-major order, made by a copy kernel where need be.
  Value materialized(Value value, Operation *before) {
    if (Value known = memory_.lookupOrNull(value))
      return known;
    Operation *op = value.getDefiningOp();
    if (!op)
      return value;
    if (is_view(op) && keeps_order(op)) {
      OpBuilder builder(before);
      IRMapping mapping;
      mapping.map(op->getOperand(0), materialized(op->getOperand(0), before));
      Value alias = builder.clone(*op, mapping)->getResult(0);
      memory_.map(value, alias);
      return alias;
    }
    make_cluster("map", {}, {value}, before);
    return memory_.lookup(value);
  }

  void keep(Operation *op, Operation *before) {
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand, materialized(operand, before));
    OpBuilder builder(before);
    Operation *made = builder.clone(*op, mapping);
    for (auto [old_result, new_result] : llvm::zip(op->getResults(), made->getResults()))
      memory_.map(old_result, new_result);
  }

  void return_results(Operation *terminator) {
    llvm::DenseSet<Value> taken;
    for (OpOperand &returned : terminator->getOpOperands()) {
      Value value = materialized(returned.get(), terminator);
      if (Value base = ClusterGraph::base_of(value); isa<BlockArgument>(base) || !taken.insert(base).second)
        value = copy(value, terminator);
      returned.set(value);
    }
  }

  /// Outputs never share memory with arguments or with one another.
  Value copy(Value value, Operation *before) {
    OpBuilder builder(before);
    auto op = ir::kernel::ClusterOp::create(builder, value.getLoc(), value.getType(), value,
                                            builder.getStringAttr("map"), ArrayAttr{});
    Block &body = op.getBody().emplaceBlock();
    body.addArgument(value.getType(), value.getLoc());
    OpBuilder inner = OpBuilder::atBlockEnd(&body);
    ir::kernel::YieldOp::create(inner, value.getLoc(), body.getArguments());
    return op.getOutputs().front();
  }

  Block &block_;
  ClusterGraph &graph_;
  IRMapping memory_; ///< original value to the new value that holds its elements
  std::vector<Operation *> originals_;
};

class Fuse : public PassWrapper<Fuse, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Fuse)
  explicit Fuse(bool merge = true) : merge_(merge) {}
  StringRef getArgument() const final { return "etch-fuse"; }
  StringRef getDescription() const final { return "Group tensor ops into clusters that run as one kernel"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<ir::kernel::EtchKernelDialect>();
  }

  void runOnOperation() override {
    Block &block = getOperation().front();
    split_unexpressible_views(block);
    ClusterGraph graph(block);
    if (merge_) {
      Merger merger(graph);
      for (Operation &op : block.without_terminator())
        merger.visit(&op);
    }
    Rewriter rewriter(getOperation(), graph);
    rewriter.note_originals();
    rewriter.run();
  }

private:
  /// Where a chain of views has no strides (a reshape of a transposed tensor), its operand becomes an op of its own
  /// kernel: an explicit copy, so that the rest of the chain starts from contiguous memory.
  void split_unexpressible_views(Block &block) {
    llvm::DenseMap<Value, ops::IndexMap> maps;
    for (Operation &op : llvm::make_early_inc_range(block)) {
      copy_unreadable(op, maps);
      if (!is_view(&op))
        continue;
      Value operand = op.getOperand(0);
      auto known = maps.find(operand);
      ops::IndexMap source = known != maps.end()
                                 ? known->second
                                 : ops::IndexMap::contiguous(ir::to_tensor_type(operand.getType()).dims);
      std::optional<ops::IndexMap> map = apply_view(&op, source);
      if (!map) {
        OpBuilder builder(&op);
        op.setOperand(0, build_copy(builder, op.getLoc(), operand));
        map = apply_view(&op, ops::IndexMap::contiguous(ir::to_tensor_type(operand.getType()).dims));
      }
      maps.insert({op.getResult(0), *map});
    }
  }

  /// Gives an op copies of the operands that its kernel could not read where they are.
  static void copy_unreadable(Operation &op, const llvm::DenseMap<Value, ops::IndexMap> &maps) {
    const ops::OpDef *def = ir::def_of(&op);
    if (!def || is_view(&op))
      return;
    // A reduction over several axes walks them with one stride, which a transposed operand does not have.
    if (def->op_class == ops::OpClass::reduction && !ClusterGraph::walks_operand(&op))
      copy_operand(op, op.getOpOperand(0));
    if (def->op_class != ops::OpClass::contraction && def->op_class != ops::OpClass::movement)
      return;
    // Contractions and concatenations read memory: constants and positions are put there first.
    for (OpOperand &operand : op.getOpOperands())
      if (Operation *base = ClusterGraph::base_of(operand.get()).getDefiningOp(); base && is_free(base))
        copy_operand(op, operand);
    if (def->op_class == ops::OpClass::contraction)
      split_batches(op, maps);
  }

  static void copy_operand(Operation &op, OpOperand &operand) {
    OpBuilder builder(&op);
    operand.set(build_copy(builder, op.getLoc(), operand.get()));
  }

  /// The macro-kernel walks all batch dims with one stride per operand: where broadcasting leaves none, the operand is
  /// copied at its full batch.
  static void split_batches(Operation &op, const llvm::DenseMap<Value, ops::IndexMap> &maps) {
    const ops::Dims result = ir::to_tensor_type(op.getResult(0).getType()).dims;
    const ops::Dims batch(result.begin(), result.end() - 2);
    for (OpOperand &operand : op.getOpOperands()) {
      const ops::Dims dims = ir::to_tensor_type(operand.get().getType()).dims;
      auto known = maps.find(operand.get());
      if (batch_stride(known != maps.end() ? known->second : ops::IndexMap::contiguous(dims), batch))
        continue;
      ops::Dims full = batch;
      full.insert(full.end(), dims.end() - 2, dims.end());
      OpBuilder builder(&op);
      Operation *wide =
          ir::build_op(builder, op.getLoc(), *ops::find_op("broadcast_to"), operand.get(), {ops::Attr(full)});
      operand.set(build_copy(builder, op.getLoc(), wide->getResult(0)));
    }
  }

  bool merge_;
};

} // namespace

std::unique_ptr<Pass> create_fuse(bool merge) { return std::make_unique<Fuse>(merge); }

} // namespace etch::passes
