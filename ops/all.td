// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The op table. Its order is the order of the registry and of docs/ops.md.
include "ops/base.td"
include "ops/elementwise.td"
include "ops/exponential.td"
include "ops/trigonometric.td"
include "ops/activations.td"
include "ops/logic.td"
include "ops/reductions.td"
include "ops/contractions.td"
include "ops/movements.td"
include "ops/composites.td"
include "ops/statistics.td"
include "ops/opaque.td"
include "ops/indexing.td"
include "ops/ordering.td"
include "ops/linear_algebra.td"
include "ops/functions.td"
