// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/types.h"

#include "support/require.h"

namespace etch::ir {

mlir::Type to_element_type(mlir::MLIRContext *context, DType dtype) {
  switch (dtype) {
  case DType::boolean:
    return mlir::IntegerType::get(context, 1);
  case DType::u8:
    return mlir::IntegerType::get(context, 8, mlir::IntegerType::Unsigned);
  case DType::f16:
    return mlir::Float16Type::get(context);
  case DType::bf16:
    return mlir::BFloat16Type::get(context);
  case DType::f32:
    return mlir::Float32Type::get(context);
  case DType::f64:
    return mlir::Float64Type::get(context);
  default:
    return mlir::IntegerType::get(context, static_cast<unsigned>(8 * size_of(dtype)));
  }
}

std::optional<DType> to_dtype_if_any(mlir::Type type) {
  if (type.isF32())
    return DType::f32;
  if (type.isF64())
    return DType::f64;
  if (type.isF16())
    return DType::f16;
  if (type.isBF16())
    return DType::bf16;
  if (type.isUnsignedInteger(8))
    return DType::u8;
  for (DType dtype : {DType::boolean, DType::i8, DType::i16, DType::i32, DType::i64})
    if (type.isSignlessInteger(dtype == DType::boolean ? 1 : static_cast<unsigned>(8 * size_of(dtype))))
      return dtype;
  return std::nullopt;
}

DType to_dtype(mlir::Type type) {
  const auto dtype = to_dtype_if_any(mlir::getElementTypeOrSelf(type));
  ETCH_CHECK(dtype);
  return *dtype;
}

DimsAttr to_dims_attr(mlir::MLIRContext *context, const ops::Dims &dims) {
  llvm::SmallVector<mlir::Attribute> values;
  for (const ops::Dim &dim : dims) {
    if (dim.is_static())
      values.push_back(mlir::IntegerAttr::get(mlir::IntegerType::get(context, 64), dim.value()));
    else
      values.push_back(mlir::StringAttr::get(context, dim.text()));
  }
  return DimsAttr::get(context, values);
}

ops::Dims to_dims(DimsAttr attr) {
  ops::Dims dims;
  for (mlir::Attribute value : attr.getValues()) {
    if (auto integer = mlir::dyn_cast<mlir::IntegerAttr>(value))
      dims.emplace_back(integer.getInt());
    else
      dims.push_back(*ops::Dim::parse(std::string_view(mlir::cast<mlir::StringAttr>(value).getValue())));
  }
  return dims;
}

mlir::RankedTensorType to_mlir_type(mlir::MLIRContext *context, const ops::TensorType &type) {
  llvm::SmallVector<int64_t> shape;
  for (const ops::Dim &dim : type.dims)
    shape.push_back(dim.is_static() ? dim.value() : mlir::ShapedType::kDynamic);
  const mlir::Attribute encoding = type.is_static() ? DimsAttr{} : to_dims_attr(context, type.dims);
  return mlir::RankedTensorType::get(shape, to_element_type(context, type.dtype), encoding);
}

std::optional<ops::TensorType> to_tensor_type_if_any(mlir::Type type) {
  if (auto ref = mlir::dyn_cast<RefType>(type))
    type = ref.getValueType();
  auto tensor = mlir::dyn_cast<mlir::RankedTensorType>(type);
  const auto dtype = tensor ? to_dtype_if_any(tensor.getElementType()) : std::nullopt;
  if (!dtype)
    return std::nullopt;
  if (auto dims = mlir::dyn_cast_or_null<DimsAttr>(tensor.getEncoding()))
    return ops::TensorType(*dtype, to_dims(dims));
  if (!tensor.hasStaticShape())
    return std::nullopt;
  return ops::TensorType(*dtype, ops::Dims(tensor.getShape().begin(), tensor.getShape().end()));
}

ops::TensorType to_tensor_type(mlir::Type type) {
  auto result = to_tensor_type_if_any(type);
  ETCH_CHECK(result);
  return std::move(*result);
}

} // namespace etch::ir
