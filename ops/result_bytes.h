// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include <optional>

/// How much memory results need.
namespace etch::ops {

/// The bytes of a tensor, unknown dimensions counted as 1; nullopt where they leave 63 bits.
std::optional<int64_t> byte_count(const TensorType &type);

/// infer() of an op in an expansion, without the limit on bytes: the op around it names its own result first.
std::vector<TensorType> infer_inner(const OpDef &op, std::span<const TensorType> types, const Attrs &attrs,
                                    InferContext &context, Location location);

/// The most bytes that one op in the expansion of a composite writes: what eager code needs at the least. Views need
/// none. Requires: known dimensions, and that infer() accepts the call.
int64_t most_bytes_written(const OpDef &composite, std::span<const TensorType> types, const Attrs &attrs);

} // namespace etch::ops
