// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cluster_graph.h"

#include "ir/build.h"
#include "ir/types.h"
#include "passes/views.h"
#include "support/require.h"

#include <algorithm>
#include <numeric>
#include <queue>

namespace etch::passes {
namespace {

// Merging is refused beyond these: register pressure and compile time grow, memory traffic saved does not.
constexpr size_t kMaxMembers = 128;
constexpr size_t kMaxInputs = 48;
// A cycle search that visits more clusters than this gives up and refuses, which keeps fusion linear.
constexpr size_t kSearchBudget = 256;

ClusterGraph::Cluster initial_cluster(mlir::Operation *op, const ops::OpDef *def) {
  ClusterGraph::Cluster cluster;
  cluster.members = {op};
  if (!def || is_free(op) || is_view(op))
    return cluster;
  const auto result_dims = [&] { return ir::to_tensor_type(op->getResult(0).getType()).dims; };
  switch (def->op_class) {
  case ops::OpClass::elementwise:
    cluster.kind = ClusterKind::map;
    cluster.space = result_dims();
    break;
  case ops::OpClass::contraction:
    cluster.kind = ClusterKind::contraction;
    cluster.space = result_dims();
    break;
  case ops::OpClass::movement:
    cluster.kind = ClusterKind::concat;
    cluster.space = result_dims();
    break;
  case ops::OpClass::reduction: {
    const auto axes = op->getAttrOfType<mlir::DenseI64ArrayAttr>("axes").asArrayRef();
    cluster.space = ir::to_tensor_type(op->getOperand(0).getType()).dims;
    cluster.reduced_begin = static_cast<int>(axes.front());
    cluster.reduced_end = static_cast<int>(axes.back()) + 1;
    const bool innermost = cluster.reduced_end == static_cast<int>(cluster.space.size());
    cluster.kind = innermost ? ClusterKind::row : ClusterKind::column;
    break;
  }
  default:
    break;
  }
  return cluster;
}

bool is_one_walk(const ops::Dims &strides, const ops::Dims &extents, int begin, int end) {
  int inner = -1;
  for (int axis = end - 1; axis >= begin; --axis) {
    if (extents[axis].is(1))
      continue;
    if (inner >= 0 && !(strides[axis] == strides[inner] * extents[inner]))
      return false;
    inner = axis;
  }
  return true;
}

/// Whether a member that computes values of `dims` can read `operand` with one stride for each group of dimensions
/// that becomes one loop: the reduced ones, and in a column reduction those inside them.
bool walks_groups(mlir::Value operand, const ops::Dims &dims, const ClusterGraph::Cluster &shape, ClusterKind kind) {
  mlir::Operation *base = ClusterGraph::base_of(operand).getDefiningOp();
  if (base && is_free(base) && !ir::def_of(base)->uses_position)
    return true;
  auto map = map_of(operand);
  if (!map)
    return false;
  ops::Dims strides = map->broadcast_to(dims).strides;
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (dims[axis].is(1))
      strides[axis] = ops::Dim(0);
  if (dims.size() != shape.space.size()) // a kept value without the reduced dimensions
    strides.insert(strides.begin() + shape.reduced_begin, shape.space.size() - dims.size(), ops::Dim(0));
  const int rank = static_cast<int>(shape.space.size());
  return is_one_walk(strides, shape.space, shape.reduced_begin, shape.reduced_end) &&
         (kind == ClusterKind::row || is_one_walk(strides, shape.space, shape.reduced_end, rank));
}

} // namespace

bool ClusterGraph::walks_operand(mlir::Operation *reduction) {
  const Cluster cluster = initial_cluster(reduction, ir::def_of(reduction));
  return walks_groups(reduction->getOperand(0), cluster.space, cluster, cluster.kind);
}

ClusterGraph::ClusterGraph(mlir::Block &block) {
  for (mlir::Operation &op : block.without_terminator()) {
    positions_[&op] = static_cast<int>(nodes_.size());
    nodes_.push_back(&op);
  }
  parents_.resize(nodes_.size());
  std::iota(parents_.begin(), parents_.end(), 0);
  order_ = ranks_ = parents_;
  for (mlir::Operation *op : nodes_) {
    const ops::OpDef *def = ir::def_of(op);
    clusters_.push_back(initial_cluster(op, def));
    clusters_.back().first = positions_[op];
    levels_[op] = def && def->op_class == ops::OpClass::reduction ? Level::kept : Level::space;
  }
}

int ClusterGraph::find(int node) {
  while (parents_[node] != node)
    node = parents_[node] = parents_[parents_[node]];
  return node;
}

ClusterGraph::Cluster *ClusterGraph::cluster_of(mlir::Operation *op) {
  auto it = positions_.find(op);
  return it == positions_.end() ? nullptr : &clusters_[find(it->second)];
}

mlir::Value ClusterGraph::base_of(mlir::Value value) {
  while (mlir::Operation *op = value.getDefiningOp()) {
    if (!is_view(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

void ClusterGraph::inputs_of_op(mlir::Operation *op, llvm::SmallVectorImpl<int> &inputs) {
  for (mlir::Value operand : op->getOperands()) {
    mlir::Operation *producer = base_of(operand).getDefiningOp();
    auto it = producer ? positions_.find(producer) : positions_.end();
    if (it != positions_.end() && !is_free(producer))
      inputs.push_back(it->second);
  }
}

void ClusterGraph::inputs_of(int root, llvm::SmallVectorImpl<int> &inputs) {
  for (mlir::Operation *member : clusters_[root].members)
    inputs_of_op(member, inputs);
}

bool ClusterGraph::make_neighbours(int a, int b) {
  if (ranks_[a] > ranks_[b])
    std::swap(a, b);
  // Every cluster on a path from a to b ranks between them, so the search backwards from b stays there.
  llvm::SmallVector<int> pending{b}, inputs;
  llvm::DenseSet<int> ancestors;
  while (!pending.empty()) {
    const int root = pending.pop_back_val();
    inputs.clear();
    inputs_of(root, inputs);
    for (int node : inputs) {
      const int input = find(node);
      if (input == a && root != b)
        return false;
      if (input == b || ranks_[input] <= ranks_[a] || !ancestors.insert(input).second)
        continue;
      if (ancestors.size() > kSearchBudget)
        return false;
      pending.push_back(input);
    }
  }
  // What b needs moves ahead of a; nothing of it needs a.
  std::stable_partition(order_.begin() + ranks_[a], order_.begin() + ranks_[b],
                        [&](int root) { return ancestors.contains(root); });
  for (int rank = ranks_[a]; rank < ranks_[b]; ++rank)
    ranks_[order_[rank]] = rank;
  return true;
}

ops::Dims ClusterGraph::kept_dims(const Cluster &cluster, bool keep_dims) {
  ops::Dims dims;
  for (int axis = 0; axis < static_cast<int>(cluster.space.size()); ++axis) {
    const bool reduced = axis >= cluster.reduced_begin && axis < cluster.reduced_end;
    if (!reduced || keep_dims)
      dims.push_back(reduced ? ops::Dim(1) : cluster.space[axis]);
  }
  return dims;
}

bool ClusterGraph::operand_fits(mlir::Operation *member, mlir::Value operand, const Cluster &shape, ClusterKind kind,
                                int a, int b) {
  const auto inside = [&](mlir::Operation *op) {
    auto it = op ? positions_.find(op) : positions_.end();
    return it != positions_.end() && (find(it->second) == a || find(it->second) == b);
  };
  mlir::Operation *producer = operand.getDefiningOp();
  const ops::Dims dims = ir::to_tensor_type(operand.getType()).dims;
  const ops::OpDef *def = ir::def_of(member);
  const bool reduces = kind == ClusterKind::row || kind == ClusterKind::column;
  const bool reads_space = def->op_class == ops::OpClass::reduction || level_of(member) == Level::space;
  if (!inside(producer)) {
    if (inside(base_of(operand).getDefiningOp()))
      return false; // a view of a member: would have to be in memory first
    if (!reduces)
      return true;
    const bool folds = def->op_class == ops::OpClass::reduction;
    return walks_groups(operand, folds ? dims : ir::to_tensor_type(member->getResult(0).getType()).dims, shape, kind);
  }
  if (def->op_class == ops::OpClass::contraction)
    return false;
  if (!reduces)
    return dims == shape.space;
  if (!reads_space)
    return level_of(producer) == Level::kept;
  if (level_of(producer) == Level::space)
    return dims == shape.space;
  return kind == ClusterKind::row && def->op_class != ops::OpClass::reduction && dims == kept_dims(shape, true);
}

bool ClusterGraph::reads_fit(int a, int b, ClusterKind kind) {
  const bool b_is_plain = clusters_[b].kind == ClusterKind::map || clusters_[b].kind == ClusterKind::none;
  const Cluster &shape = b_is_plain ? clusters_[a] : clusters_[b];
  for (int root : {a, b})
    for (mlir::Operation *member : clusters_[root].members)
      for (mlir::Value operand : member->getOperands())
        if (!operand_fits(member, operand, shape, kind, a, b))
          return false;
  return true;
}

bool ClusterGraph::try_merge(mlir::Operation *op_a, mlir::Operation *op_b, ClusterKind kind) {
  int a = find(positions_[op_a]);
  int b = find(positions_[op_b]);
  if (a == b)
    return true;
  if (clusters_[a].members.size() + clusters_[b].members.size() > kMaxMembers)
    return false;
  llvm::SmallVector<int> inputs;
  inputs_of(a, inputs);
  inputs_of(b, inputs);
  if (inputs.size() > kMaxInputs || !reads_fit(a, b, kind) || !make_neighbours(a, b))
    return false;
  if (clusters_[b].kind != ClusterKind::map && clusters_[b].kind != ClusterKind::none)
    std::swap(a, b);
  Cluster &into = clusters_[a], &from = clusters_[b];
  parents_[b] = a;
  if (ranks_[b] < ranks_[a]) { // the union takes the earlier rank
    std::swap(order_[ranks_[a]], order_[ranks_[b]]);
    std::swap(ranks_[a], ranks_[b]);
  }
  into.kind = kind;
  into.first = std::min(into.first, from.first);
  into.members.insert(into.members.end(), from.members.begin(), from.members.end());
  from.members.clear();
  return true;
}

std::vector<ClusterGraph::Cluster *> ClusterGraph::in_order() {
  // Kahn's algorithm over clusters, the oldest ready one first; ops with effects also wait for their predecessors.
  std::vector<std::vector<int>> users(nodes_.size());
  std::vector<int> missing(nodes_.size(), 0);
  std::vector<int> roots;
  int last_effect = -1;
  for (size_t node = 0; node < nodes_.size(); ++node) {
    const ops::OpDef *def = ir::def_of(nodes_[node]);
    if (find(node) == static_cast<int>(node))
      roots.push_back(static_cast<int>(node));
    if (def && def->effect != ops::Effect::none) {
      if (last_effect >= 0) {
        users[last_effect].push_back(static_cast<int>(node));
        ++missing[node];
      }
      last_effect = static_cast<int>(node);
    }
  }
  for (int root : roots) {
    llvm::SmallVector<int> inputs;
    // Views and free ops are listed too, so that their position follows what they read.
    for (mlir::Operation *member : clusters_[root].members)
      for (mlir::Value operand : member->getOperands())
        if (auto it = positions_.find(operand.getDefiningOp()); it != positions_.end())
          inputs.push_back(find(it->second));
    std::sort(inputs.begin(), inputs.end());
    inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
    for (int input : inputs) {
      if (input != root) {
        users[input].push_back(root);
        ++missing[root];
      }
    }
    std::sort(clusters_[root].members.begin(), clusters_[root].members.end(),
              [&](mlir::Operation *x, mlir::Operation *y) { return positions_[x] < positions_[y]; });
  }
  using Ready = std::pair<int, int>;
  std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready;
  for (int root : roots)
    if (missing[root] == 0)
      ready.push({clusters_[root].first, root});
  std::vector<Cluster *> order;
  while (!ready.empty()) {
    const int root = ready.top().second;
    ready.pop();
    order.push_back(&clusters_[root]);
    for (int user : users[root])
      if (--missing[user] == 0)
        ready.push({clusters_[user].first, user});
  }
  ETCH_CHECK(order.size() == roots.size()) << "clusters that need one another";
  return order;
}

} // namespace etch::passes
