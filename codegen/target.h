// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/dtype.h>

#include <cstdint>
#include <string>

namespace llvm {
class Module;
}

namespace etch::codegen {

/// What emitters may know of the machine. Only target files know its name.
struct Target {
  std::string cpu;      ///< LLVM's processor name
  std::string features; ///< LLVM's feature string
  int vector_bytes;     ///< native vector width
  int vector_registers;
  bool scales_by_exponent; ///< has an instruction for x * 2^n on vectors
  /// Null, or writes out what the code generator would expand into more instructions than the target needs.
  void (*specialize)(llvm::Module &module);

  /// Rows and columns of the accumulator tile of a contraction whose result has n columns (-1: unknown).
  struct Tile {
    int rows, columns;
  };
  Tile contraction_tile(DType dtype, int64_t m, int64_t n) const;
  int lanes(DType dtype) const { return vector_bytes / static_cast<int>(size_of(dtype)); }

  /// This process's processor, at the level the eager kernels use.
  static const Target &host();
};

/// Target::specialize for x86-64-v4.
void use_avx512_instructions(llvm::Module &module);

} // namespace etch::codegen
