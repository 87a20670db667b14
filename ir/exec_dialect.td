// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// etch_exec: what one call does, in order: which kernels run on which buffers.
#ifndef ETCH_IR_EXEC_DIALECT
#define ETCH_IR_EXEC_DIALECT

include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "ops/base.td"

def EtchExec_Dialect : Dialect {
  let name = "etch_exec";
  let cppNamespace = "::etch::ir::exec";
  let summary = "Launches over inputs, outputs and one arena";
  let dependentDialects = ["::etch::ir::EtchDialect", "::mlir::LLVM::LLVMDialect"];
}

class EtchExec_Op<string mnemonic, list<Trait> traits = []> : Op<EtchExec_Dialect, mnemonic, traits>;

def EtchExec_ProgramOp : EtchExec_Op<"program", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator]> {
  let summary = "One call of a concrete function, step by step";
  let description = [{
    dims lists the expressions the host evaluates at entry into the frame, in order; slots the byte sizes of the
    arena's blocks of unknown size; arena_bytes is the size of its static part.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Etch_DimsAttr:$slots, I64Attr:$arena_bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `arena` $arena_bytes `slots` $slots attr-dict-with-keyword $body";
}

def EtchExec_BufferOp : EtchExec_Op<"buffer", [Pure]> {
  let summary = "Input, output, or a block of the arena (by offset, or by slot)";
  let arguments = (ins StrAttr:$kind, I64Attr:$index);
  let results = (outs AnyType:$pointer);
  let assemblyFormat = "$kind $index attr-dict `:` type($pointer)";
}

def EtchExec_LaunchOp : EtchExec_Op<"launch"> {
  let summary = "Runs a kernel over its whole iteration space";
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<AnyType>:$buffers);
  let assemblyFormat = "$kernel `(` $buffers `)` attr-dict `:` type($buffers)";
}

def EtchExec_ContractOp : EtchExec_Op<"contract"> {
  let summary = "c[b,m,n] = sum over k of a[b,m,k] * b[b,k,n], finished by an epilogue kernel";
  let description = [{
    sizes: batch, m, n, k. a_strides, b_strides: batch, row, column in elements, then the offset. The result's rows are
    contiguous in `c`. Without an epilogue the runtime's own micro-kernel runs.
  }];
  let arguments = (ins OptionalAttr<FlatSymbolRefAttr>:$epilogue, TypeAttr:$element, Etch_DimsAttr:$sizes,
                       Etch_DimsAttr:$a_strides, Etch_DimsAttr:$b_strides, AnyType:$a, AnyType:$b, AnyType:$c,
                       Variadic<AnyType>:$buffers);
  let assemblyFormat = [{
    $element `sizes` $sizes `a` $a $a_strides `b` $b $b_strides `c` $c (`epilogue` $epilogue^ `(` $buffers `)`)?
    attr-dict `:` type($a) `,` type($b) `,` type($c) (`,` type($buffers)^)?
  }];
}

def EtchExec_HostCallOp : EtchExec_Op<"host_call"> {
  let summary = "An op the runtime computes, or a print; site numbers the executable's call records";
  let arguments = (ins StrAttr:$service, I64Attr:$site, Variadic<AnyType>:$buffers);
  let assemblyFormat = "$service $site `(` $buffers `)` attr-dict `:` type($buffers)";
}

#endif
