// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/type_id.h"

#include "codegen/compile.h"
#include "ir/context.h"

#include <gtest/gtest.h>
#include <mlir/IR/BuiltinOps.h>
#include <mlir/IR/OwningOpRef.h>
#include <mlir/Parser/Parser.h>

#include <string>

namespace etch::codegen {

/// A module with one @main, in a context of its own.
struct ParsedModule {
  ir::ContextPtr context = ir::make_context();
  mlir::OwningOpRef<mlir::ModuleOp> module;

  explicit ParsedModule(const std::string &text)
      : module(mlir::parseSourceString<mlir::ModuleOp>(text, context.get())) {
    EXPECT_TRUE(module) << text;
  }
};

/// exp(x) * x of so many elements.
inline std::string map_text(int64_t elements) {
  const std::string type = "tensor<" + std::to_string(elements) + "xf32>";
  return "func.func @main(%x: " + type + ") -> " + type + " {\n  %0 = etch.exp %x : (" + type + ") -> " + type +
         "\n  %1 = etch.mul %0, %x : (" + type + ", " + type + ") -> " + type + "\n  return %1 : " + type + "\n}\n";
}

inline std::string text_in(const std::string &source, Phase phase, const CompileOptions &options = {}) {
  ParsedModule parsed(source);
  return lower_to_text(*parsed.module, phase, options);
}

inline Compiled compiled(const std::string &source, const CompileOptions &options = {}) {
  ParsedModule parsed(source);
  return compile(*parsed.module, options);
}

} // namespace etch::codegen
