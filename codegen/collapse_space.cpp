// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/kernel_spec.h"

#include "ir/types.h"

namespace etch::codegen {
namespace {

using namespace mlir;
using ir::kernel::SpecOp;

/// How many leading dims of the space may be joined with one another; the others have a role of their own.
size_t free_dims(SpecOp spec, size_t rank) {
  if (spec.getKind() == "map")
    return rank;
  return rank - (spec.getKind() == "row" ? 1 : 2);
}

struct Access {
  Operation *op;
  ops::Dims strides;
};

std::vector<Access> accesses_of(SpecOp spec) {
  std::vector<Access> accesses;
  for (Operation &op : spec.getBody().front())
    if (auto strides = op.getAttrOfType<ir::DimsAttr>("strides"))
      accesses.push_back({&op, ir::to_dims(strides)});
  return accesses;
}

void remove_dim(ops::Dims &space, std::vector<Access> &accesses, size_t axis) {
  space.erase(space.begin() + axis);
  for (Access &access : accesses)
    access.strides.erase(access.strides.begin() + axis);
}

} // namespace

void collapse_space(SpecOp spec) {
  ops::Dims space = ir::to_dims(spec.getSpace());
  std::vector<Access> accesses = accesses_of(spec);
  size_t joinable = free_dims(spec, space.size());
  for (size_t axis = 0; axis < joinable && space.size() > 1;) {
    if (space[axis].is(1)) {
      remove_dim(space, accesses, axis);
      --joinable;
    } else {
      ++axis;
    }
  }
  for (size_t axis = 0; axis + 1 < joinable;) {
    const bool one_walk = llvm::all_of(accesses, [&](const Access &access) {
      return access.strides[axis] == access.strides[axis + 1] * space[axis + 1];
    });
    if (!one_walk) {
      ++axis;
      continue;
    }
    space[axis + 1] = space[axis] * space[axis + 1];
    remove_dim(space, accesses, axis);
    --joinable;
  }
  MLIRContext *context = spec.getContext();
  spec.setSpaceAttr(ir::to_dims_attr(context, space));
  for (Access &access : accesses)
    access.op->setAttr("strides", ir::to_dims_attr(context, access.strides));
}

} // namespace etch::codegen
