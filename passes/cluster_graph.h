// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include "mlir/IR/Block.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <vector>

namespace etch::passes {

/// Which emitter a cluster is for. none: not a kernel (views, free ops, opaque ops, prints).
enum class ClusterKind { none, map, row, column, contraction, concat };

/// Where a value lives inside a row or column cluster: on the iteration space, or on what the reduction keeps.
enum class Level { space, kept };

/// The ops of one straight-line block, grouped into kernels by union-find. Merging keeps the condensed graph acyclic.
class ClusterGraph {
public:
  struct Cluster {
    ClusterKind kind = ClusterKind::none;
    ops::Dims space;                   ///< extents of the iteration space; for contraction those of the result
    int reduced_begin = 0;             ///< reduced dims of the space: [reduced_begin, reduced_end)
    int reduced_end = 0;
    std::vector<mlir::Operation *> members; ///< compute ops, in program order after finish()
    int first = 0;                     ///< smallest program position of a member
  };

  explicit ClusterGraph(mlir::Block &block);

  /// The cluster of an op; null for ops outside the block.
  Cluster *cluster_of(mlir::Operation *op);
  int position(mlir::Operation *op) const { return positions_.lookup(op); }
  Level level_of(mlir::Operation *op) const { return levels_.lookup(op); }
  void set_level(mlir::Operation *op, Level level) { levels_[op] = level; }

  /// Merges the clusters of a and b (the union takes `kind` and the space of the one that is not a map) unless the
  /// union could not run as one kernel: a path leaves and re-enters it, or a member would read another's memory.
  bool try_merge(mlir::Operation *a, mlir::Operation *b, ClusterKind kind);

  /// Members by cluster, in an order in which every cluster's inputs come before it.
  std::vector<Cluster *> in_order();

  /// The dimensions that kept-level values have: the space with its reduced dimensions set to one, or dropped.
  static ops::Dims kept_dims(const Cluster &cluster, bool keep_dims);

  /// Whether a lone reduction can walk each group of dimensions that becomes one loop with one stride.
  static bool walks_operand(mlir::Operation *reduction);

  /// The value whose elements are in memory that `value` is a view of (or `value`).
  static mlir::Value base_of(mlir::Value value);

private:
  int find(int node);
  /// Reorders so that what clusters a and b need comes before both; false where a third one lies on a path between.
  bool make_neighbours(int a, int b);
  bool reads_fit(int a, int b, ClusterKind kind);
  bool operand_fits(mlir::Operation *member, mlir::Value operand, const Cluster &shape, ClusterKind kind, int a, int b);
  /// Positions of the nodes whose results cluster `root` reads from memory.
  void inputs_of(int root, llvm::SmallVectorImpl<int> &inputs);
  void inputs_of_op(mlir::Operation *op, llvm::SmallVectorImpl<int> &inputs);

  std::vector<mlir::Operation *> nodes_;
  llvm::DenseMap<mlir::Operation *, int> positions_;
  llvm::DenseMap<mlir::Operation *, Level> levels_;
  std::vector<int> parents_;
  std::vector<Cluster> clusters_; // by root position
  // A topological order of the clusters, kept up by every merge. Roots merged into others stay as dead entries.
  std::vector<int> order_; // root by rank
  std::vector<int> ranks_; // rank by root
};

} // namespace etch::passes
