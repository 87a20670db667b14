// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The op table of builds with tests: the shipped one, then the extra record, so indices of shipped ops stay the same.
include "ops/all.td"
include "tests/ops/extra_op.td"
