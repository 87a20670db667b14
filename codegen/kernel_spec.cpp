// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/kernel_spec.h"

#include "ir/attrs.h"
#include "ir/build.h"
#include "ir/types.h"
#include "passes/views.h"
#include "support/require.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/DenseMap.h"

namespace etch::codegen {
namespace {

using namespace mlir;
using ir::kernel::ClusterOp;
using ir::kernel::SpecOp;

ops::TensorType type_of(Value value) { return ir::to_tensor_type(value.getType()); }

class SpecBuilder {
public:
  SpecBuilder(OpBuilder &builder, ClusterOp cluster, llvm::StringRef name) : cluster_(cluster), b_(builder) {
    choose_space();
    spec_ = SpecOp::create(b_, cluster.getLoc(), name, cluster.getKind(), ir::to_dims_attr(b_.getContext(), space_));
    Block &body = spec_.getBody().emplaceBlock();
    const Type pointer = LLVM::LLVMPointerType::get(b_.getContext());
    for (Value input : cluster.getBody().getArguments())
      buffers_[input] = body.addArgument(pointer, input.getLoc());
    for (size_t i = 0; i < cluster.getNumResults(); ++i)
      body.addArgument(pointer, cluster.getLoc());
    b_.setInsertionPointToEnd(&body);
  }

  SpecOp run() {
    for (Operation &op : cluster_.getBody().front())
      visit(&op);
    collapse_space(spec_);
    return spec_;
  }

private:
  /// The cluster's tensor space, and the ranges of its dims that form the spec's dims.
  void choose_space() {
    Block &body = cluster_.getBody().front();
    tensor_space_ = type_of(body.getTerminator()->getOperand(0)).dims;
    int begin = -1, end = -1;
    for (Operation &op : body) {
      const ops::OpDef *def = ir::def_of(&op);
      if (def && def->op_class == ops::OpClass::reduction) {
        const auto axes = op.getAttrOfType<DenseI64ArrayAttr>("axes").asArrayRef();
        begin = static_cast<int>(axes.front());
        end = static_cast<int>(axes.back()) + 1;
        tensor_space_ = type_of(op.getOperand(0)).dims;
      } else if (def && def->op_class == ops::OpClass::contraction) {
        tensor_space_ = type_of(op.getResult(0)).dims;
      }
    }
    reduced_begin_ = begin;
    reduced_end_ = end;
    const int rank = static_cast<int>(tensor_space_.size());
    for (int axis = 0; axis < rank;) {
      int next = axis + 1;
      if (axis == begin)
        next = end;
      else if (begin >= 0 && axis >= end)
        next = rank;
      groups_.push_back({axis, next});
      axis = next;
    }
    for (auto [first, last] : groups_)
      space_.push_back(ops::product(ops::Dims(tensor_space_.begin() + first, tensor_space_.begin() + last)));
    if (space_.empty())
      space_.push_back(ops::Dim(1));
  }

  /// Strides over the space from strides over a tensor of its rank, or of its rank without the reduced dims.
  ops::Dims spec_strides(const ops::IndexMap &map) const {
    ops::Dims full = map.strides;
    const size_t rank = tensor_space_.size();
    if (full.size() != rank) {
      ETCH_CHECK(reduced_begin_ >= 0 && full.size() + static_cast<size_t>(reduced_end_ - reduced_begin_) == rank);
      full.insert(full.begin() + reduced_begin_, static_cast<size_t>(reduced_end_ - reduced_begin_), ops::Dim(0));
    }
    ops::Dims strides;
    for (auto [first, last] : groups_) {
      int inner = last - 1; // fuse made sure that a group is one walk; dims of extent one have no part in it
      while (inner > first && tensor_space_[inner].is(1))
        --inner;
      strides.push_back(full[inner]);
    }
    if (strides.empty())
      strides.push_back(ops::Dim(0));
    return strides;
  }

  ir::DimsAttr attr(const ops::Dims &dims) const { return ir::to_dims_attr(b_.getContext(), dims); }

  Type element_type(DType dtype) const { return ir::to_element_type(b_.getContext(), dtype); }

  /// A leaf operand (memory, constant, position, extent) at the point of the space, for a user of these dims.
  Value leaf(Value value, const ops::Dims &user_dims) {
    auto [base, map] = view_of(value);
    const mlir::Location location = value.getLoc();
    const Type element = element_type(type_of(value).dtype);
    if (Operation *op = base.getDefiningOp(); op && !ir::def_of(op)->uses_position)
      return free_value(op, element, {});
    map = map.broadcast_to(user_dims);
    // A dimension of extent one has no stride: say 0, so that the access does not depend on it.
    for (size_t axis = 0; axis < user_dims.size(); ++axis)
      if (user_dims[axis].is(1))
        map.strides[axis] = ops::Dim(0);
    const auto strides = attr(spec_strides(map)), offset = attr({map.offset});
    if (Operation *op = base.getDefiningOp())
      return free_value(op, element, ir::kernel::PositionOp::create(b_, location, element, strides, offset));
    return ir::kernel::LoadOp::create(b_, location, element, buffers_.lookup(base), strides, offset);
  }

  /// Appends the numbers among the op's attributes that its text takes as parameters.
  void add_text_values(Operation *op, Type element, llvm::SmallVector<Value> &operands) {
    for (const ops::Attr &value : passes::text_values(op)) {
      if (const auto *scalar = std::get_if<ops::Scalar>(&value))
        operands.push_back(
            ir::kernel::ConstantOp::create(b_, op->getLoc(), element, ir::to_typed_attr(b_.getContext(), *scalar)));
      else
        operands.push_back(ir::kernel::ExtentOp::create(b_, op->getLoc(), element, attr({std::get<ops::Dim>(value)})));
    }
  }

  /// The text of an op without operands.
  Value free_value(Operation *op, Type element, Value position) {
    llvm::SmallVector<Value> operands;
    add_text_values(op, element, operands);
    if (position)
      operands.push_back(position);
    return ir::kernel::ApplyOp::create(b_, op->getLoc(), element, ir::def_of(op)->name, operands);
  }

  Value element_at(Value value, const ops::Dims &user_dims) {
    if (Value known = elements_.lookup(value))
      return known;
    return leaf(value, user_dims);
  }

  void visit(Operation *op) {
    if (isa<ir::kernel::YieldOp>(op))
      return store_results(op);
    const ops::OpDef &def = *ir::def_of(op);
    if (passes::is_view(op)) { // of a value in registers: a kept value with dims of extent one added or dropped
      if (Value known = elements_.lookup(op->getOperand(0)))
        elements_[op->getResult(0)] = known;
      return;
    }
    if (passes::is_free(op))
      return;
    const Type element = element_type(type_of(op->getResult(0)).dtype);
    Value made;
    if (def.op_class == ops::OpClass::contraction) {
      made = ir::kernel::AccumulatorOp::create(b_, op->getLoc(), element);
    } else if (def.op_class == ops::OpClass::reduction) {
      made = ir::kernel::ReduceOp::create(b_, op->getLoc(), element, def.name,
                                          element_at(op->getOperand(0), tensor_space_));
    } else {
      llvm::SmallVector<Value> operands;
      for (Value operand : op->getOperands())
        operands.push_back(element_at(operand, type_of(op->getResult(0)).dims));
      add_text_values(op, element, operands);
      made = ir::kernel::ApplyOp::create(b_, op->getLoc(), element, def.name, operands);
    }
    elements_[op->getResult(0)] = made;
  }

  void store_results(Operation *yield) {
    Block &body = spec_.getBody().front();
    const unsigned inputs = cluster_.getBody().getNumArguments();
    for (auto [number, value] : llvm::enumerate(yield->getOperands())) {
      const ops::Dims dims = type_of(value).dims;
      ops::IndexMap map = ops::IndexMap::contiguous(dims);
      for (size_t axis = 0; axis < dims.size(); ++axis)
        if (dims[axis].is(1))
          map.strides[axis] = ops::Dim(0);
      ir::kernel::StoreOp::create(b_, value.getLoc(), element_at(value, dims),
                                  body.getArgument(inputs + static_cast<unsigned>(number)), attr(spec_strides(map)),
                                  attr({map.offset}));
    }
  }

  ClusterOp cluster_;
  OpBuilder &b_;
  SpecOp spec_;
  ops::Dims tensor_space_, space_;
  std::vector<std::pair<int, int>> groups_;
  int reduced_begin_ = -1, reduced_end_ = -1;
  llvm::DenseMap<Value, Value> buffers_, elements_;
};

} // namespace

std::pair<Value, ops::IndexMap> view_of(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !passes::is_view(op))
    return {value, ops::IndexMap::contiguous(type_of(value).dims)};
  auto [base, source] = view_of(op->getOperand(0));
  auto map = passes::apply_view(op, source);
  ETCH_CHECK(map.has_value()) << "a view without strides reached a kernel";
  return {base, *map};
}

SpecOp build_kernel_spec(OpBuilder &builder, ClusterOp cluster, llvm::StringRef name) {
  OpBuilder::InsertionGuard guard(builder);
  return SpecBuilder(builder, cluster, name).run();
}

SpecOp build_copy_spec(OpBuilder &builder, mlir::Location location, DType dtype, const ops::IndexMap &source,
                       const ops::IndexMap &destination, llvm::StringRef name) {
  OpBuilder::InsertionGuard guard(builder);
  MLIRContext *context = builder.getContext();
  const auto attr = [&](const ops::Dims &dims) {
    return ir::to_dims_attr(context, dims.empty() ? ops::Dims{ops::Dim(0)} : dims);
  };
  const ops::Dims space = source.sizes.empty() ? ops::Dims{ops::Dim(1)} : source.sizes;
  auto spec = SpecOp::create(builder, location, name, "map", ir::to_dims_attr(context, space));
  Block &body = spec.getBody().emplaceBlock();
  const Type pointer = LLVM::LLVMPointerType::get(context);
  body.addArguments({pointer, pointer}, {location, location});
  builder.setInsertionPointToEnd(&body);
  Value element = ir::kernel::LoadOp::create(builder, location, ir::to_element_type(context, dtype),
                                             body.getArgument(0), attr(source.strides), attr({source.offset}));
  ir::kernel::StoreOp::create(builder, location, element, body.getArgument(1), attr(destination.strides),
                              attr({destination.offset}));
  collapse_space(spec);
  return spec;
}

} // namespace etch::codegen
