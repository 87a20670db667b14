// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/contraction.h"

#include <etch/dtype.h>

namespace etch::runtime {

/// The kernels' element type for a number dtype; u8 wraps as i8 does.
ContractionElement contraction_element(DType dtype);

/// Runs a call whose scratch and threads are still to be filled in: with the allocator's memory and the pool's threads.
/// Throws Error (too_large).
void contract_on_pool(ContractionCall call);

/// A contraction without epilogue by the precompiled kernels.
void contract_plainly(ContractionElement element, const ContractionShape &shape, const void *a, const void *b, void *c);

} // namespace etch::runtime
