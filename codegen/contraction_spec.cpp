// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/contraction_spec.h"

#include "codegen/kernel_spec.h"
#include "ir/build.h"
#include "ir/types.h"
#include "passes/views.h"
#include "support/require.h"

#include <string_view>

namespace etch::codegen {

using namespace mlir;

namespace {

/// An einsum spec of the form "...ab,...cd->...ef" with one row, one column and one summed letter.
struct Letters {
  std::string_view a, b, result;
  char row, column, summed;

  static Letters parse(std::string_view einsum) {
    const auto comma = einsum.find(','), arrow = einsum.find("->");
    const auto letters = [](std::string_view term) { return term.substr(term.rfind('.') + 1); };
    Letters parsed{letters(einsum.substr(0, comma)),
                   letters(einsum.substr(comma + 1, arrow - comma - 1)),
                   letters(einsum.substr(arrow + 2)),
                   0,
                   0,
                   0};
    parsed.row = parsed.result[0];
    parsed.column = parsed.result[1];
    for (char letter : parsed.a)
      if (parsed.result.find(letter) == std::string_view::npos)
        parsed.summed = letter;
    ETCH_CHECK(parsed.a.size() == 2 && parsed.b.size() == 2 && parsed.result.size() == 2 && parsed.summed) << einsum;
    return parsed;
  }
};

} // namespace

std::optional<ops::Dims> contraction_strides(const ops::IndexMap &map, const ops::Dims &batch, bool transposed) {
  const auto stride = passes::batch_stride(map, batch);
  if (!stride)
    return std::nullopt;
  const size_t rank = map.sizes.size();
  ops::Dim row = map.strides[rank - 2], column = map.strides[rank - 1];
  if (transposed)
    std::swap(row, column);
  return ops::Dims{*stride, row, column, map.offset};
}

bool only_contracts(ir::kernel::ClusterOp cluster) {
  return cluster.getKind() == "contraction" && cluster.getNumResults() == 1 &&
         llvm::none_of(cluster.getBody().front().without_terminator(),
                       [](Operation &op) { return ir::def_of(&op)->op_class == ops::OpClass::elementwise; });
}

void launch_contraction(OpBuilder &builder, ir::kernel::ClusterOp cluster, StringAttr kernel,
                        llvm::ArrayRef<Value> buffers) {
  Block &body = cluster.getBody().front();
  Operation *op = nullptr;
  for (Operation &member : body.without_terminator())
    op = ir::def_of(&member)->op_class == ops::OpClass::contraction ? &member : op;
  const Letters letters = Letters::parse(ir::def_of(op)->einsum);
  const ops::TensorType result = ir::to_tensor_type(op->getResult(0).getType());
  const ops::Dims batch(result.dims.begin(), result.dims.end() - 2);
  auto [a, a_map] = view_of(op->getOperand(0));
  auto [b, b_map] = view_of(op->getOperand(1));
  const auto a_strides = contraction_strides(a_map, batch, letters.a[0] != letters.row);
  const auto b_strides = contraction_strides(b_map, batch, letters.b[1] != letters.column);
  ETCH_CHECK(a_strides && b_strides) << "batch dimensions without one stride reached a kernel";
  const ops::Dim k = a_map.sizes[a_map.sizes.size() - (letters.a[0] == letters.row ? 1 : 2)];
  const ops::Dims sizes{ops::product(batch), result.dims[batch.size()], result.dims[batch.size() + 1], k};
  const auto attr = [&](const ops::Dims &dims) { return ir::to_dims_attr(builder.getContext(), dims); };
  Value c;
  for (auto [yielded, output] :
       llvm::zip(body.getTerminator()->getOperands(), buffers.take_back(cluster.getNumResults())))
    if (!c && yielded.getType() == op->getResult(0).getType())
      c = output;
  const auto buffer_of = [&](Value base) { return buffers[cast<BlockArgument>(base).getArgNumber()]; };
  ir::exec::ContractOp::create(builder, cluster.getLoc(), kernel ? FlatSymbolRefAttr::get(kernel) : FlatSymbolRefAttr{},
                               TypeAttr::get(ir::to_element_type(builder.getContext(), result.dtype)), attr(sizes),
                               attr(*a_strides), attr(*b_strides), buffer_of(a), buffer_of(b), c,
                               kernel ? ValueRange(buffers) : ValueRange{});
}

} // namespace etch::codegen
