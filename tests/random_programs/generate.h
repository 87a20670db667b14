// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/random_programs/elements.h"
#include "tests/random_programs/program.h"

namespace etch::test {

/// The program of a seed: 3 to 60, now and then up to 250, calls of ops of the table, valid by construction.
Program random_program(uint64_t seed);
/// Of the gradients that it asks for; 0: none.
inline int gradient_order(uint64_t seed) { return seed % 5 > 1 ? 0 : seed % 15 == 1 ? 2 : 1; }

/// Calls of one op on inputs of their own: one call for each of the shapes that its first operand can have, with others
/// that broadcast, match or are literals. Every result is returned.
Program program_of(const ops::OpDef &op, DType dtype, const std::vector<ops::Dims> &shapes, uint64_t seed,
                   Elements style = Elements::edges);

/// The dtypes that select the op's kernel; f32 alone for ops that read no tensor.
std::vector<DType> key_dtypes(const ops::OpDef &op);

/// Attributes that may suit the op and its first operand; whether they do, the op's rule decides. `extents` are the
/// ones to build shapes from.
ops::Attrs random_attributes(Random &random, const ops::OpDef &op, const ops::TensorType *operand,
                             const std::vector<int64_t> &extents);

/// One of the dtypes of a mask as in OpDef::operand_dtypes.
DType random_dtype(Random &random, uint16_t mask);

} // namespace etch::test
