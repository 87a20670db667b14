// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/dialect.h"

#include "ops/dim.h"

#include <llvm/ADT/TypeSwitch.h>
#include <mlir/IR/Builders.h>
#include <mlir/IR/DialectImplementation.h>

#include "ir/etch_dialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "ir/etch_attrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "ir/etch_types.cpp.inc"

namespace etch::ir {

void EtchDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "ir/etch_attrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "ir/etch_types.cpp.inc"
      >();
  registerEtchDialectOperations(this);
}

// <["n", 128]>
mlir::Attribute DimsAttr::parse(mlir::AsmParser &parser, mlir::Type) {
  const llvm::SMLoc location = parser.getCurrentLocation();
  llvm::SmallVector<mlir::Attribute> values;
  const auto parse_value = [&]() -> mlir::ParseResult {
    int64_t value = 0;
    const mlir::OptionalParseResult integer = parser.parseOptionalInteger(value);
    if (integer.has_value()) {
      values.push_back(parser.getBuilder().getI64IntegerAttr(value));
      return *integer;
    }
    std::string text;
    if (parser.parseString(&text))
      return mlir::failure();
    values.push_back(parser.getBuilder().getStringAttr(text));
    return mlir::success();
  };
  if (parser.parseLess() || parser.parseCommaSeparatedList(mlir::AsmParser::Delimiter::Square, parse_value) ||
      parser.parseGreater())
    return {};
  return getChecked([&] { return parser.emitError(location); }, parser.getContext(), values);
}

void DimsAttr::print(mlir::AsmPrinter &printer) const {
  printer << "<[";
  llvm::interleaveComma(getValues(), printer, [&](mlir::Attribute value) {
    if (auto integer = mlir::dyn_cast<mlir::IntegerAttr>(value))
      printer << integer.getInt();
    else
      printer << value;
  });
  printer << "]>";
}

llvm::LogicalResult DimsAttr::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emit_error,
                                     llvm::ArrayRef<mlir::Attribute> values) {
  for (mlir::Attribute value : values) {
    if (auto integer = mlir::dyn_cast<mlir::IntegerAttr>(value); integer && integer.getType().isInteger(64))
      continue;
    auto text = mlir::dyn_cast<mlir::StringAttr>(value);
    const auto dim = text ? ops::Dim::parse(std::string_view(text.getValue())) : std::nullopt;
    if (!dim || dim->is_static() || dim->text() != std::string_view(text.getValue()))
      return emit_error() << "dimension must be an integer or an expression in canonical form, got " << value;
  }
  return mlir::success();
}

llvm::LogicalResult DimsAttr::verifyEncoding(llvm::ArrayRef<int64_t> shape, mlir::Type,
                                             llvm::function_ref<mlir::InFlightDiagnostic()> emit_error) const {
  if (shape.size() != getValues().size())
    return emit_error() << "etch.dims must have one entry per dimension, got " << getValues().size() << " for rank "
                        << shape.size();
  for (auto [extent, value] : llvm::zip_equal(shape, getValues())) {
    auto integer = mlir::dyn_cast<mlir::IntegerAttr>(value);
    const bool agrees = integer ? integer.getInt() == extent : mlir::ShapedType::isDynamic(extent);
    if (!agrees)
      return emit_error() << "etch.dims must repeat known dimensions and name unknown ones, got " << value << " for "
                          << (mlir::ShapedType::isDynamic(extent) ? "?" : std::to_string(extent));
  }
  return mlir::success();
}

} // namespace etch::ir
