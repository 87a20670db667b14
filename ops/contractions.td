// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_CONTRACTIONS
#define ETCH_OPS_CONTRACTIONS

include "ops/base.td"

def MatmulOp : Contraction<"matmul", ["a", "b"], "...mk,...kn->...mn"> {
  let summary = "The matrix product of a and b over their last two dimensions";
  let description = [{
    Leading dimensions broadcast as in NumPy. Each element is one chain of fused multiply-adds in the order of the inner
    dimension (docs/numerics.md); an empty inner dimension gives zeros. Integers wrap.
  }];
  let mismatchHelp = "transpose b if its rows are outputs";
  let vjp = "sum_to(matmul(dy, swap_last(b)), a); sum_to(matmul(swap_last(a), dy), b)";
  let reference = "np.matmul(a, b)";
  let referenceScale = "np.matmul(np.abs(a), np.abs(b))";
  let golden = ["matmul([[1, 2], [3, 4]], [[5, 6], [7, 8]]) = [[19, 22], [43, 50]]",
                "matmul([[1, 2, 3]], [[1], [10], [100]]) = [[321]]",
                "matmul([[[1, 2]], [[3, 4]]], [[1], [10]]) = [[[21]], [[43]]]",
                "matmul([[], []], []:f32[0,2]) = [[0, 0], [0, 0]]",
                "matmul([[65536]]:i32, [[65536]]:i32) = [[0]]:i32"];
  let example = ["y = etch::matmul(a, b);"];
}

#endif
