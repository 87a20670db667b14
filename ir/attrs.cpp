// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/attrs.h"

#include "ir/types.h"
#include "support/require.h"

namespace etch::ir {
namespace {

mlir::Attribute to_attribute(mlir::MLIRContext *context, ops::AttrKind kind, const ops::Attr &attr) {
  switch (kind) {
  case ops::AttrKind::integer:
    return mlir::IntegerAttr::get(mlir::IntegerType::get(context, 64), std::get<int64_t>(attr));
  case ops::AttrKind::boolean:
    return mlir::BoolAttr::get(context, std::get<bool>(attr));
  case ops::AttrKind::dtype:
    return mlir::TypeAttr::get(to_element_type(context, std::get<DType>(attr)));
  case ops::AttrKind::integers:
    return mlir::DenseI64ArrayAttr::get(context, std::get<std::vector<int64_t>>(attr));
  case ops::AttrKind::dims:
    return to_dims_attr(context, std::get<ops::Dims>(attr));
  case ops::AttrKind::scalar:
    return to_typed_attr(context, std::get<ops::Scalar>(attr));
  case ops::AttrKind::string:
    return mlir::StringAttr::get(context, std::get<std::string>(attr));
  case ops::AttrKind::dim:
    return to_dims_attr(context, {std::get<ops::Dim>(attr)});
  }
  return {};
}

// The counterparts of to_attribute for attributes that may come from a file.
std::optional<ops::Attr> from_attribute(ops::AttrKind kind, mlir::Attribute attr) {
  if (!attr)
    return std::nullopt;
  switch (kind) {
  case ops::AttrKind::integer:
    if (auto integer = mlir::dyn_cast<mlir::IntegerAttr>(attr); integer && integer.getType().isSignlessInteger(64))
      return integer.getInt();
    break;
  case ops::AttrKind::boolean:
    if (auto boolean = mlir::dyn_cast<mlir::BoolAttr>(attr))
      return boolean.getValue();
    break;
  case ops::AttrKind::dtype:
    if (auto type = mlir::dyn_cast<mlir::TypeAttr>(attr))
      if (const auto dtype = to_dtype_if_any(type.getValue()))
        return *dtype;
    break;
  case ops::AttrKind::integers:
    if (auto integers = mlir::dyn_cast<mlir::DenseI64ArrayAttr>(attr))
      return std::vector<int64_t>(integers.asArrayRef().begin(), integers.asArrayRef().end());
    break;
  case ops::AttrKind::dims:
    if (auto dims = mlir::dyn_cast<DimsAttr>(attr))
      return to_dims(dims);
    break;
  case ops::AttrKind::scalar:
    if (auto typed = mlir::dyn_cast<mlir::TypedAttr>(attr);
        typed && mlir::isa<mlir::IntegerAttr, mlir::FloatAttr>(attr) && to_dtype_if_any(typed.getType()))
      return to_scalar(typed);
    break;
  case ops::AttrKind::string:
    if (auto text = mlir::dyn_cast<mlir::StringAttr>(attr))
      return text.getValue().str();
    break;
  case ops::AttrKind::dim:
    if (auto dims = mlir::dyn_cast<DimsAttr>(attr); dims && dims.getValues().size() == 1)
      return to_dims(dims).front();
    break;
  }
  return std::nullopt;
}

} // namespace

mlir::TypedAttr to_typed_attr(mlir::MLIRContext *context, const ops::Scalar &scalar) {
  const mlir::Type type = to_element_type(context, scalar.dtype);
  const llvm::APInt bits(type.getIntOrFloatBitWidth(), scalar.bits);
  if (auto floating = mlir::dyn_cast<mlir::FloatType>(type))
    return mlir::FloatAttr::get(floating, llvm::APFloat(floating.getFloatSemantics(), bits));
  return mlir::IntegerAttr::get(type, bits);
}

ops::Scalar to_scalar(mlir::TypedAttr attr) {
  const DType dtype = to_dtype(attr.getType());
  if (auto number = mlir::dyn_cast<mlir::FloatAttr>(attr))
    return {dtype, number.getValue().bitcastToAPInt().getZExtValue()};
  return {dtype, mlir::cast<mlir::IntegerAttr>(attr).getValue().getZExtValue()};
}

mlir::NamedAttrList to_named_attrs(mlir::MLIRContext *context, const ops::OpDef &def, const ops::Attrs &attrs) {
  ETCH_CHECK(attrs.size() == def.attrs.size()) << def.name;
  mlir::NamedAttrList named;
  for (size_t i = 0; i < attrs.size(); ++i)
    named.append(def.attrs[i].name, to_attribute(context, def.attrs[i].kind, attrs[i]));
  return named;
}

std::optional<ops::Attrs> attrs_if_valid(mlir::DictionaryAttr dictionary, const ops::OpDef &def) {
  ops::Attrs attrs;
  for (const ops::AttrDef &attr : def.attrs) {
    auto value = from_attribute(attr.kind, dictionary.get(attr.name));
    if (!value)
      return std::nullopt;
    attrs.push_back(std::move(*value));
  }
  return attrs;
}

ops::Attrs attrs_of(mlir::DictionaryAttr dictionary, const ops::OpDef &def) {
  auto attrs = attrs_if_valid(dictionary, def);
  ETCH_CHECK(attrs) << def.name;
  return std::move(*attrs);
}

ops::Attrs attrs_of(mlir::Operation *op, const ops::OpDef &def) {
  return def.attrs.empty() ? ops::Attrs() : attrs_of(op->getAttrDictionary(), def);
}

} // namespace etch::ir
