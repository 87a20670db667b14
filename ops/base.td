// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The record classes. Each record in ops/*.td is read twice: by mlir-tblgen (dialect op) and by etch-opgen
// (everything else). Fields that mlir-tblgen does not know are ours.
#ifndef ETCH_OPS_BASE
#define ETCH_OPS_BASE

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/TensorEncoding.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Etch_Dialect : Dialect {
  let name = "etch";
  let cppNamespace = "::etch::ir";
  let summary = "Operations on tensors as the user wrote them";
  let description = [{
    A function of one concrete signature. Tensors are builtin ranked tensors; unknown dimensions carry their symbolic
    expressions in an `#etch.dims` encoding. Variables are `!etch.ref` values.
  }];
  let extraClassDeclaration = "void register_ops();";
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
}

// Sets of element types, as named in documentation and messages.
class DTypes<list<string> names> { list<string> dtypes = names; }
def Floats : DTypes<["f16", "bf16", "f32", "f64"]>;
def Integers : DTypes<["u8", "i8", "i16", "i32", "i64"]>;
def Numbers : DTypes<!listconcat(Integers.dtypes, Floats.dtypes)>;
def Bools : DTypes<["bool"]>;
def AnyDType : DTypes<!listconcat(Bools.dtypes, Numbers.dtypes)>;
def Bits : DTypes<!listconcat(Bools.dtypes, Integers.dtypes)>;
def Indices : DTypes<["i16", "i32", "i64"]>;
def LabelDTypes : DTypes<!listconcat(["u8", "i32", "i64"], Floats.dtypes)>;

// An attribute of a record: its name, its kind (ops::AttrKind), the C++ parameter type of the public function and the
// default there ("" = none, must be given).
class OpAttr<string attrName, string attrKind, string cppType, Attr odsAttr, string defaultText = "",
             DTypes allowed = AnyDType> {
  DTypes dtypes = allowed; // of a dtype or scalar attribute
  bit inText = !eq(attrKind, "scalar"); // a number that the scalar text takes as a parameter
  list<string> choices = [];    // of a string attribute: the words it may be; empty: any text
  string name = attrName;
  string kind = attrKind;
  string type = cppType;
  string default = defaultText;
  Attr ods = odsAttr;
}
def Etch_DimsAttr : AttrDef<Etch_Dialect, "Dims", [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let mnemonic = "dims";
  let summary = "Dimension expressions: integers and polynomials over symbols";
  let parameters = (ins ArrayRefParameter<"::mlir::Attribute">:$values);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}
def Etch_ScalarAttr : Attr<CPred<"::llvm::isa<::mlir::FloatAttr, ::mlir::IntegerAttr>($_self)">, "one element with its type"> {
  let storageType = "::mlir::TypedAttr";
  let returnType = "::mlir::TypedAttr";
  let convertFromStorage = "$_self";
}
def Etch_RefType : TypeDef<Etch_Dialect, "Ref"> {
  let mnemonic = "ref";
  let summary = "A Variable: named mutable state of one tensor type";
  let parameters = (ins "::mlir::RankedTensorType":$valueType);
  let assemblyFormat = "`<` $valueType `>`";
}
def Etch_ReadRef : Arg<Etch_RefType, "", [MemRead]>;
def Etch_WriteRef : Arg<Etch_RefType, "", [MemWrite]>;
def Etch_UpdateRef : Arg<Etch_RefType, "", [MemRead, MemWrite]>;
// Prints and failing checks happen in program order: they share one resource.
def Etch_Stream : Resource<"::etch::ir::Stream">;

class IntegerAttrOf<string n, string d = ""> : OpAttr<n, "integer", "int64_t", I64Attr, d>;
class BoolAttrOf<string n, string d = "false"> : OpAttr<n, "boolean", "bool", BoolAttr, d>;
class DTypeAttrOf<string n, string d = "", DTypes allowed = AnyDType> : OpAttr<n, "dtype", "DType", TypeAttr, d, allowed>;

class IntegersAttrOf<string n, string d = ""> : OpAttr<n, "integers", "const std::vector<int64_t> &", DenseI64ArrayAttr, d>;
// Dimensions given by the user as integers; -1 where the op allows an inferred one.
class DimsAttrOf<string n, string d = ""> : OpAttr<n, "dims", "const Extents &", Etch_DimsAttr, d>;
// One dimension: an integer for the user, any expression inside expansions.
class DimAttrOf<string n, string d = ""> : OpAttr<n, "dim", "const Dim &", Etch_DimsAttr, d>;
class DimInTextOf<string n> : DimAttrOf<n> { let inText = 1; }
class ScalarAttrOf<string n, string d = "", DTypes allowed = AnyDType> : OpAttr<n, "scalar", "const Operand &", Etch_ScalarAttr, d, allowed>;
class StringAttrOf<string n, string d = ""> : OpAttr<n, "string", "std::string_view", StrAttr, d>;
class ChoiceAttrOf<string n, list<string> words, string d> : StringAttrOf<n, "\"" # d # "\""> {
  let choices = words;
}
// Two integers per axis, as one list.
class PairsAttrOf<string n, string d = ""> : OpAttr<n, "integers", "const Pairs &", DenseI64ArrayAttr, d>;

// What every record states.
class Record<list<string> names> {
  list<string> operandNames = names;
  list<DTypes> operandDTypes = !listsplat(Numbers, !size(names)); // one per operand
  list<OpAttr> attrs = [];
  bit variadic = 0;             // the only operand is a list
  string since = "0.1";
  string result = "same";       // dtype of the result: "same" as the key operand's, "bool", or an attribute's name
  list<string> golden = [];     // "expm1(0.5) = 0.648721270700128": checked against the eager and the compiled result
  // The same in NumPy: a Python expression over the operands and attributes that tests/oracle/check.py compares results
  // with; "none: <why>" where there is no such thing. Operands are arrays, floats widened to float64; an empty list of
  // axes is None. Results within a few units in the last place are equal, or where that is too strict within as many
  // units of referenceScale: an expression for the size of what was added up, in which y is the value of reference.
  string reference = "";
  string referenceScale = "";
  // Calls with extents in the place of tensors: what tests try besides random shapes, where few of those are valid.
  list<string> sample = [];
  list<string> example = [];    // C++ for the documentation; compiled by a test
  bit sameDTypes = 1;           // all (non-bool) operands must agree
}

class Etch_Op<string mnemonic, list<string> names, list<Trait> traits = []> : Op<Etch_Dialect, mnemonic, traits>, Record<names> {
  bit operandPack = 0;          // the list is given as further arguments of the public function, numbers included
  string leadingOperand = "";   // with operandPack: the name of the first one where it is given before the format
  bit hasResult = 1;
  bit isPublic = 1;             // has a function etch::<name>
  code openForm = "";           // where a number among the attributes is an extent that a trace leaves open: what the public
                                // function does instead, in C++; where that does not return, the extent is asked for
  string openHelp = "";         // what to write instead where it may not be asked for
  bit testOnly = 0;             // lives in the test suite: absent from etch/ops.h and docs/ops.md
  string cppOperator = "";      // "+": also an operator of the public interface
  string effect = "none";       // ops::Effect
  string update = "";           // writes_variable: the op that combines old value and operand
  bit widens = 0;               // f16 and bf16 operands are cast to f32 first, a result of their dtype is cast back
  code vjp = "";                // one expression per operand, separated by ';', over operands, attributes, y and dy

  let arguments = !con(
    !if(variadic, (ins Variadic<AnyRankedTensor>:$inputs),
        !dag(ins, !foreach(n, names, !cond(!ne(n, "variable") : AnyRankedTensor,
                                           !eq(effect, "reads_variable") : Etch_ReadRef,
                                           !eq(update, "") : Etch_WriteRef,
                                           true : Etch_UpdateRef)), names)),
    !dag(ins, !foreach(a, attrs, a.ods), !foreach(a, attrs, a.name)));
  let results = !if(hasResult, (outs AnyRankedTensor:$y), (outs));
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The op table's row for this op.
    static const ::etch::ops::OpDef &def();
  }];
  let extraClassDefinition = [{
    const ::etch::ops::OpDef &$cppClass::def() {
      static const ::etch::ops::OpDef *row = ::etch::ops::find_op(}] # "\"" # mnemonic # "\"" # [{);
      return *row;
    }
    ::llvm::LogicalResult $cppClass::verify() { return ::etch::ir::verify_op(getOperation(), def()); }
  }];
}

// value: one C++ expression over the operands, then the attributes that are inText, then `position`, the
// element's index, where usesPosition is set. Empty where `header` defines the function.
class Elementwise<string mnemonic, list<string> names> : Etch_Op<mnemonic, names, [Pure]> {
  code value = "";
  code shape = "";              // without operands: statements over `call` returning the result's dims
  bit usesPosition = 0;
  bit converts = 0;             // a change of dtype, which each reading spells itself
  // The text calls a primitive of its own name, so the generated function must not hide it: one type for all operands.
  bit primitive = 0;
  // Text that approximates a function: measured in docs/accuracy.md, differentiated by its vjp, never by Dual numbers.
  bit mathText = 0;
  string header = "";           // "ops/math/exp.h" where the text lives in a file
  // The op that holds of integer operands whose result is likely meant: where integers are checked, others are errors.
  // The rule in its summary is part of the message.
  string integerCheck = "";
}
class IntegerCheck<string mnemonic, list<string> names> : Elementwise<mnemonic, names> {
  let operandDTypes = [Integers, Integers];
  let result = "bool";
  let isPublic = 0;
}

// einsum: "...mk,...kn->...mn": ellipses broadcast, letters missing on the right are summed in their order.
class Contraction<string mnemonic, list<string> names, string spec> : Etch_Op<mnemonic, names, [Pure]> {
  string einsum = spec;
  let widens = 1;
  string mismatchHelp = "";     // advice when a summed dimension differs
}

// combine: an expression over a and b, folded along the axes by the order of docs/numerics.md, starting from init;
// empty: the result for no elements. init and empty are doubles, saturated to the dtype.
class Reduction<string mnemonic> : Etch_Op<mnemonic, ["x"], [Pure]> {
  let attrs = [IntegersAttrOf<"axes", "{}">, BoolAttrOf<"keep_dims">];
  let widens = 1;
  code init = "";
  code combine = "";
  code empty = init;
}

// expansion: statements over the operands and attributes by name (and `context`, for ops without operands) ending in
// `return`, calling other ops; one that contains a reduction sets `widens`. check: statements over `call` that report what the expansion cannot.
// An expansion with an op that may fail is not Pure either: it passes that op's traits.
class Composite<string mnemonic, list<string> names, list<Trait> traits = [Pure]> : Etch_Op<mnemonic, names, traits> {
  code expansion = "";
  code check = "";
}

// A public function that is expanded where it is called and never an op of its own: it returns several tensors or parses
// text. expansion: as a composite's, returning a tensor, or a std::vector where `results` names several or
// `returnsList` is set. check: as a composite's.
class Function<string mnemonic, list<string> names> : Record<names> {
  string opName = mnemonic;
  string summary = "";
  string description = "";
  list<string> results = [];    // members of the struct that etch::<name> returns, whose type is named after it
  bit returnsList = 0;          // as many tensors as the arguments say
  bit attrsFirst = 0;           // the public function takes the attributes before the operands
  code expansion = "";
  code check = "";
}

// shape: statements over `call` (ops::InferCall), operand types and attributes by name, returning the result's dims;
// index: an expression over `source` (IndexMap), `result` (TensorType) and the attributes by name, giving
// std::optional<IndexMap>. A movement without index (concat) is written piece by piece.
class Movement<string mnemonic, list<string> names> : Etch_Op<mnemonic, names, [Pure]> {
  let operandDTypes = !listsplat(AnyDType, !size(names));
  code shape = "";
  code index = "";
}

// shape: as for Movement but returning the result types; eager: the hook etch::runtime::hooks::<name> must exist (a
// missing one is a link error naming it). mayFail: the hook checks values and may set the status. operations: a Dim over
// the operand types, the attributes and `result`, the first result's type: how many arithmetic operations it takes; none
// where it is empty.
class Opaque<string mnemonic, list<string> names, list<Trait> traits = []> : Etch_Op<mnemonic, names, traits> {
  code shape = "";
  bit mayFail = 0;
  code operations = "";
}

#endif
