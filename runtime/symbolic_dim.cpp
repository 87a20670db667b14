// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/symbolic_dim.h"

#include "ops/adopt.h"
#include "runtime/dispatcher.h"
#include "support/require.h"

#include <limits>

namespace etch::runtime {
namespace {

/// Two extents over the symbols of one recording.
struct Pair {
  ops::Dim a, b;
  std::shared_ptr<DimScope> scope;
};

ops::Dim in_own_scope(const Dim &dim) {
  return dim.is_known() ? ops::Dim(static_cast<int64_t>(dim)) : symbolic_of(dim).dim;
}

/// Those of an outer recording are taken into the current one where they meet others.
Pair pair_of(const Dim &a, const Dim &b, Location location) {
  const auto &scope = symbolic_of(a.is_known() ? b : a).scope;
  if (a.is_known() || b.is_known() || symbolic_of(b).scope == scope)
    return {in_own_scope(a), in_own_scope(b), scope};
  Dispatcher &here = Dispatcher::current();
  return {dim_here(a, "dim", location), dim_here(b, "dim", location), here.dim_scope()};
}

void assume_fits_i32(const SymbolicDim &dim, Location location) {
  dim.scope->assume_at_least(std::numeric_limits<int32_t>::max(), dim.dim, location);
  dim.scope->assume_at_least(dim.dim, std::numeric_limits<int32_t>::min(), location);
}

const ops::OpDef &extent_op() {
  static const ops::OpDef *op = ops::find_op("extent");
  ETCH_CHECK(op != nullptr);
  return *op;
}

} // namespace

Dim SymbolicDim::combined(detail::DimOp op, const Dim &a, const Dim &b) const {
  if (op == detail::DimOp::remainder && !b.is_known())
    return a % Dim(static_cast<int64_t>(b));
  const Pair pair = pair_of(a, b, location);
  switch (op) {
  case detail::DimOp::add:
    return public_dim(pair.a + pair.b, pair.scope, location);
  case detail::DimOp::subtract:
    return public_dim(pair.a - pair.b, pair.scope, location);
  case detail::DimOp::multiply:
    return public_dim(pair.a * pair.b, pair.scope, location);
  case detail::DimOp::divide:
    return public_dim(pair.scope->assume_quotient(pair.a, pair.b, location), pair.scope, location);
  case detail::DimOp::remainder:
    break;
  }
  if (pair.b.is_static() && pair.a.divide_exactly(pair.b))
    return 0;
  return static_cast<int64_t>(a) % static_cast<int64_t>(b);
}

bool SymbolicDim::holds(detail::DimRelation relation, const Dim &a, const Dim &b) const {
  const Pair pair = pair_of(a, b, location);
  return pair.scope->settle(relation, pair.a, pair.b, location);
}

Dim public_dim(const ops::Dim &dim, const std::shared_ptr<DimScope> &scope, Location location) {
  if (dim.is_static())
    return dim.value();
  return Dim(std::make_shared<SymbolicDim>(dim, scope, location));
}

Dim dim_of(const SymbolicNode &node, int axis, Location location) {
  const ops::Dim &dim = node.type.dims[static_cast<size_t>(axis)];
  if (dim.is_static())
    return dim.value();
  const std::shared_ptr<DimScope> scope = node.dim_scope();
  ETCH_REQUIRE(scope != nullptr, ErrorCode::tracing, location)
      << "dim: a spec has no open extents to compute with, got axis " << axis << " of " << node.type.message_text();
  return public_dim(dim, scope, location);
}

Shape shape_of(const SymbolicNode &node, Location location) {
  if (node.type.is_static())
    return node.type.shape();
  std::vector<Dim> dims;
  for (int axis = 0; axis < node.type.rank(); ++axis)
    dims.push_back(dim_of(node, axis, location));
  return Shape(std::make_shared<const detail::OpenShape>(std::move(dims)));
}

ops::Dim dim_here(const Dim &dim, const char *what, Location location) {
  if (dim.is_known()) [[likely]]
    return static_cast<int64_t>(dim);
  return Dispatcher::current().dim(symbolic_of(dim), what, location);
}

ops::Dims dims_here(const std::vector<Dim> &dims, const char *what, Location location) {
  ops::Dims result;
  result.reserve(dims.size());
  for (const Dim &dim : dims)
    result.push_back(dim_here(dim, what, location));
  return result;
}

Tensor open_dim_tensor(const Dim &dim, DType dtype, Location location) {
  const ops::Dim extent = dim_here(dim, "dim", location);
  if (dtype == DType::i32)
    assume_fits_i32(symbolic_of(dim), location);
  const ops::Attrs attrs{extent, dtype};
  Tensor result;
  Dispatcher::current().call({extent_op(), {}, attrs, nullptr, location}, {&result, 1});
  return result;
}

bool holds_open_extents(DType dtype) { return is_floating(dtype) || dtype == DType::i32 || dtype == DType::i64; }

Tensor open_dim_tensor(const ops::OpDef &op, const Dim &dim, DType dtype, Location location) {
  if (holds_open_extents(dtype))
    return open_dim_tensor(dim, dtype, location);
  const Literal number{DType::i64, 0, static_cast<int64_t>(dim), false};
  return Dispatcher::current().literal(ops::adopt(op, number, dtype, location), location);
}

} // namespace etch::runtime
