// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/contract.h"

#include "runtime/kernels/table.h"
#include "runtime/scratch.h"
#include "runtime/thread_pool.h"

#include <etch/environment.h>

namespace etch::runtime {
namespace {

void parallel_for_on_pool(void *, int64_t tiles, int64_t grain, TileBody body, void *context) {
  parallel_for(tiles, grain, body, context);
}

} // namespace

ContractionElement contraction_element(DType dtype) {
  switch (dtype) {
  case DType::f32:
    return ContractionElement::f32;
  case DType::f64:
    return ContractionElement::f64;
  case DType::i64:
    return ContractionElement::i64;
  case DType::i32:
    return ContractionElement::i32;
  case DType::i16:
    return ContractionElement::i16;
  default:
    return ContractionElement::i8;
  }
}

void contract_on_pool(ContractionCall call) {
  call.parallel_for = parallel_for_on_pool;
  call.threads = thread_count();
  const Scratch scratch(contraction_scratch_bytes(call));
  call.scratch = scratch.block();
  contract(call);
}

void contract_plainly(ContractionElement element, const ContractionShape &shape, const void *a, const void *b, void *c) {
  contract_on_pool(plain_contraction(kernels().contraction, element, shape, a, b, c));
}

} // namespace etch::runtime
