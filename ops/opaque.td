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
  let operations = "elements(x)";
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

def CheckOp : Opaque<"check", ["values"], [MemoryEffects<[MemWrite<Etch_Stream>]>]> {
  let summary = "Throws Error (check) with the message, in which each {} is replaced by the next tensor, unless all elements of the condition are true";
  let description = "A compiled function throws when the call is complete. Effects before the check in program order have happened then, later ones have not.";
  let variadic = 1;
  let operandPack = 1;
  let leadingOperand = "condition";
  let operandDTypes = [AnyDType];
  let sameDTypes = 0;
  let attrs = [StringAttrOf<"message">];
  let effect = "checks";
  let hasResult = 0;
  let mayFail = 1;
  let shape = "return check_check(call, values, message);";
  let example = ["etch::check(x < 100.0f, \"x must stay below 100, got {}\", x);"];
}

def CheckElementsOp : Opaque<"check_elements", ["values"], [MemoryEffects<[MemWrite<Etch_Stream>]>]> {
  let summary = "Throws Error (invalid_argument) with the text and the operands' first elements of which the condition does not hold";
  let description = "The values are the condition, then the operands, which broadcast to its shape.";
  let variadic = 1;
  let operandDTypes = [AnyDType];
  let sameDTypes = 0;
  let attrs = [StringAttrOf<"text">];
  let effect = "checks";
  let hasResult = 0;
  let isPublic = 0;
  let mayFail = 1;
  let shape = "return check_elements(call, values);";
}

def CallHostOp : Opaque<"call_host", ["values"], [MemoryEffects<[MemWrite<Etch_Stream>]>]> {
  let summary = "Calls a C++ function of the host with the values of tensors";
  let variadic = 1;
  let operandDTypes = [AnyDType];
  let sameDTypes = 0;
  let attrs = [IntegerAttrOf<"callback">];
  let effect = "calls_host";
  let hasResult = 0;
  let isPublic = 0;
  let shape = "return {};";
}

#endif
