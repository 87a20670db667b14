// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <mlir/Tools/mlir-tblgen/MlirTblgenMain.h>

// etch-opgen: everything that is derived from the op table except the dialect. Each file beside this one registers its
// generators.
int main(int argc, char **argv) { return mlir::MlirTblgenMain(argc, argv); }
