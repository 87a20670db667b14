// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_CALLS
#define ETCH_OPS_CALLS

include "ops/base.td"

// A call of another traced function, whose machine code is its own: no record of the table, since nobody writes it.
// Operands are tensors, then refs; `writes` lists the positions among the refs of those that it writes. `index` tells
// the calls' functions apart, of which names do not.
def Etch_CallOp : Op<Etch_Dialect, "call", [MemoryEffects<[MemWrite<Etch_Stream>]>]> {
  let summary = "A call of another traced function";
  let arguments = (ins FlatSymbolRefAttr:$callee, I64Attr:$index, DenseI64ArrayAttr:$writes, Variadic<AnyType>:$inputs);
  let results = (outs Variadic<AnyRankedTensor>:$outputs);
  let assemblyFormat = "$callee `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)";
}

#endif
