// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_OPAQUE
#define ETCH_OPS_OPAQUE

include "ops/base.td"

def ArgmaxOp : Opaque<"argmax", ["x"], [Pure]> {
  let summary = "The index of the largest element along an axis";
  let description = "The first one where several are largest; the first NaN where there is one. An empty axis is an error.";
  let widens = 1;
  let operandDTypes = [AnyDType];
  let attrs = [IntegerAttrOf<"axis", "0">, BoolAttrOf<"keep_dims">];
  let shape = "return {argmax_type(call, x, axis, keep_dims)};";
  let reference = "np.argmax(x, axis=axis, keepdims=keep_dims)";
  let golden = ["argmax([[1, 5, 5], [3, nan, 4]], axis=1) = [1, 1]:i64", "argmax([1, 2], axis=-1, keep_dims=true) = [1]:i64"];
  let example = ["y = etch::argmax(x, -1);"];
}

def ReadVariableOp : Opaque<"read_variable", ["variable"], [MemoryEffects<[]>]> {
  let summary = "The current value of a Variable";
  let operandDTypes = [AnyDType];
  let effect = "reads_variable";
  let isPublic = 0;
  let shape = "return {variable};";
}

class Assignment<string mnemonic, DTypes dtypes> : Opaque<mnemonic, ["variable", "value"], [MemoryEffects<[]>]> {
  let operandDTypes = [dtypes, dtypes];
  let effect = "writes_variable";
  let hasResult = 0;
  let isPublic = 0;
  let shape = "return check_assignment(call, variable, value);";
}
def AssignOp : Assignment<"assign", AnyDType> {
  let summary = "Replaces the value of a Variable";
}
def AssignAddOp : Assignment<"assign_add", Numbers> {
  let summary = "Adds to the value of a Variable";
  let update = "add";
}
def AssignSubOp : Assignment<"assign_sub", Numbers> {
  let summary = "Subtracts from the value of a Variable";
  let update = "sub";
}

def PrintOp : Opaque<"print", ["values"], [MemoryEffects<[MemWrite<Etch_Stream>]>]> {
  let summary = "Prints a line in which each {} is replaced by the next tensor";
  let description = "Lines appear in program order, inside compiled functions too, when the call is complete.";
  let variadic = 1;
  let operandPack = 1;
  let operandDTypes = [AnyDType];
  let sameDTypes = 0;
  let attrs = [StringAttrOf<"format">];
  let effect = "prints";
  let hasResult = 0;
  let shape = "return check_print(call, values, format);";
  let example = ["etch::print(\"loss {} after {}\", x, 3);"];
}

#endif
