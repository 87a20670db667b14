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

// Gradients of the sum of targets times seeds, by the reverse mode over the ops before it: the passes' build_gradient says
// what it stands for. Sources are tensors and refs, all of them connected to a target. Ops that the tape has not noted
// have `tape` in their attribute etch.unnoted. Unlike a call it never reaches what is compiled, so it has no effects.
def Etch_GradientOp : Op<Etch_Dialect, "gradient", [AttrSizedOperandSegments]> {
  let summary = "Gradients of values computed before, as a tape has noted them";
  let arguments = (ins I64Attr:$tape, Variadic<AnyRankedTensor>:$targets, Variadic<AnyRankedTensor>:$seeds, Variadic<AnyType>:$sources);
  let results = (outs Variadic<AnyRankedTensor>:$gradients);
  let assemblyFormat = [{
    $tape `of` $targets `times` $seeds `by` $sources attr-dict `:` `(` type($targets) `)` `(` type($seeds) `)` `(` type($sources) `)` `->` type($gradients)
  }];
}

#endif
