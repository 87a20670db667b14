// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "mlir/IR/Builders.h"

#include <string>

namespace etch::passes {

/// Where plan_buffers put a value: output number `index`, byte offset `index` of the arena, or slot `index` of the
/// arena's part of unknown size. As an attribute it reads "arena 128".
struct Place {
  enum class Kind { output, arena, slot };
  Kind kind = Kind::arena;
  int64_t index = 0;

  static const char *name_of(Kind kind) {
    return kind == Kind::output ? "output" : kind == Kind::arena ? "arena" : "slot";
  }
  mlir::StringAttr to_attr(mlir::Builder &builder) const {
    return builder.getStringAttr(std::string(name_of(kind)) + " " + std::to_string(index));
  }
  static Place from_attr(mlir::StringAttr attr) {
    auto [word, number] = attr.getValue().split(' ');
    Place place;
    place.kind = word == "output" ? Kind::output : word == "arena" ? Kind::arena : Kind::slot;
    number.getAsInteger(10, place.index);
    return place;
  }
};

} // namespace etch::passes
