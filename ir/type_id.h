// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <mlir/Support/TypeID.h>

#include <string>

// Traits have no identity of their own in MLIR: theirs is the text of their type's name, which g++ and clang spell
// differently ("Trait<mlir::TypeID::get<Trait>()::Empty>" against "Trait<Empty>"). As long as one definition of the
// identity is shared by all libraries of a process nobody notices; libetch exports no MLIR symbol, so it has its own, and
// without this the traits of its ops are strangers to Debian's clang-built libMLIR. To be included before any other
// MLIR header.
namespace etch::ir {

template <class T>
constexpr std::string_view type_name() {
  return __PRETTY_FUNCTION__;
}
template <class T>
constexpr bool names_trait_by_local_class() {
  return type_name<T>().find("mlir::TypeID::get<") != std::string_view::npos &&
         type_name<T>().find("()::Empty>") != std::string_view::npos;
}

} // namespace etch::ir

namespace mlir::detail {

template <class T>
class TypeIDResolver<T, std::enable_if_t<etch::ir::names_trait_by_local_class<T>()>> : public FallbackTypeIDResolver {
public:
  static TypeID resolveTypeID() {
    static TypeID id = [] {
      // The registry keeps a reference to the text, for ever.
      const std::string name = llvm::getTypeName<T>().str();
      static const std::string &kept = *new std::string(name.substr(0, name.find("<mlir::TypeID::get<")) + "<Empty>");
      return registerImplicitTypeID(kept);
    }();
    return id;
  }
};

} // namespace mlir::detail
