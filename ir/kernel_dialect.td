// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// etch_kernel: clusters of tensor ops that become one loop nest, and the kernel specs they become.
#ifndef ETCH_IR_KERNEL_DIALECT
#define ETCH_IR_KERNEL_DIALECT

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "ops/base.td"

def EtchKernel_Dialect : Dialect {
  let name = "etch_kernel";
  let cppNamespace = "::etch::ir::kernel";
  let summary = "Loop nests before they are loops";
  let description = [{
    `cluster` groups tensor ops that will run as one kernel. `spec` is the kernel itself: an iteration space, loads and
    stores with index maps (strides and an offset over that space), scalar bodies and reductions. Emitters turn a spec
    into `scf` + `vector` + `arith`.
  }];
  let dependentDialects = ["::etch::ir::EtchDialect", "::mlir::LLVM::LLVMDialect"];
}

class EtchKernel_Op<string mnemonic, list<Trait> traits = []> : Op<EtchKernel_Dialect, mnemonic, traits>;

def EtchKernel_ClusterOp : EtchKernel_Op<"cluster", [Pure, IsolatedFromAbove, SingleBlock]> {
  let summary = "Tensor ops that run as one kernel";
  let description = [{
    kind names the emitter: map, row, column or contraction. The region's arguments are the inputs; what it yields are
    the tensors that reach memory. plan_buffers records in `places` where each result lives.
  }];
  let arguments = (ins Variadic<AnyType>:$inputs, StrAttr:$kind, OptionalAttr<StrArrayAttr>:$places);
  let results = (outs Variadic<AnyRankedTensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$kind `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs) $body";
}

def EtchKernel_YieldOp : EtchKernel_Op<"yield", [Pure, Terminator]> {
  let summary = "The tensors a cluster writes";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def EtchKernel_SpecOp : EtchKernel_Op<"spec", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator]> {
  let summary = "One kernel: iteration space, index maps, body, reductions";
  let description = [{
    The space lists extents, outermost first. map: any rank, the last dimension is vectorised. row: the last dimension
    is reduced. column: the last but one is reduced, the last vectorised. contraction: the space of the result; the
    body starts from `accumulator`. Arguments are the buffers.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$kind, Etch_DimsAttr:$space);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$kind $sym_name `space` $space attr-dict-with-keyword $body";
}

def EtchKernel_LoadOp : EtchKernel_Op<"load", [Pure]> {
  let summary = "The element at offset + sum(i[d] * strides[d])";
  let arguments = (ins AnyType:$buffer, Etch_DimsAttr:$strides, Etch_DimsAttr:$offset);
  let results = (outs AnyType:$element);
  let assemblyFormat = "$buffer `strides` $strides `offset` $offset attr-dict `:` type($buffer) `->` type($element)";
}

def EtchKernel_StoreOp : EtchKernel_Op<"store"> {
  let summary = "Writes the element at offset + sum(i[d] * strides[d])";
  let arguments = (ins AnyType:$element, AnyType:$buffer, Etch_DimsAttr:$strides, Etch_DimsAttr:$offset);
  let assemblyFormat = [{
    $element `,` $buffer `strides` $strides `offset` $offset attr-dict `:` type($element) `,` type($buffer)
  }];
}

def EtchKernel_PositionOp : EtchKernel_Op<"position", [Pure]> {
  let summary = "offset + sum(i[d] * strides[d]) itself, converted to the result type";
  let arguments = (ins Etch_DimsAttr:$strides, Etch_DimsAttr:$offset);
  let results = (outs AnyType:$element);
  let assemblyFormat = "`strides` $strides `offset` $offset attr-dict `:` type($element)";
}

def EtchKernel_ConstantOp : EtchKernel_Op<"constant", [Pure]> {
  let summary = "One element";
  let arguments = (ins Etch_ScalarAttr:$value);
  let results = (outs AnyType:$element);
  let assemblyFormat = "$value attr-dict `->` type($element)";
}

def EtchKernel_ExtentOp : EtchKernel_Op<"extent", [Pure]> {
  let summary = "A dimension expression, converted to the result type";
  let arguments = (ins Etch_DimsAttr:$value);
  let results = (outs AnyType:$element);
  let assemblyFormat = "$value attr-dict `:` type($element)";
}

def EtchKernel_ApplyOp : EtchKernel_Op<"apply", [Pure]> {
  let summary = "The scalar text of an element-wise op of the table";
  let arguments = (ins StrAttr:$op, Variadic<AnyType>:$operands);
  let results = (outs AnyType:$element);
  let assemblyFormat = "$op `(` $operands `)` attr-dict `:` functional-type($operands, $element)";
}

def EtchKernel_ReduceOp : EtchKernel_Op<"reduce", [Pure]> {
  let summary = "A reduction of the table along the reduced dimension, in the order docs/numerics.md fixes";
  let arguments = (ins StrAttr:$op, AnyType:$operand);
  let results = (outs AnyType:$element);
  let assemblyFormat = "$op $operand attr-dict `:` type($operand) `->` type($element)";
}

def EtchKernel_AccumulatorOp : EtchKernel_Op<"accumulator", [Pure]> {
  let summary = "The finished sum of a contraction";
  let results = (outs AnyType:$element);
  let assemblyFormat = "attr-dict `:` type($element)";
}

#endif
