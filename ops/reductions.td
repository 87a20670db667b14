// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_REDUCTIONS
#define ETCH_OPS_REDUCTIONS

include "ops/base.td"

def ReduceSumOp : Reduction<"reduce_sum"> {
  let summary = "The sum along axes";
  let description = [{
    No axes means all. keep_dims leaves summed dimensions at extent 1. Integers wrap; the sum of nothing is 0. The order
    of additions depends on the shape alone (docs/numerics.md).
  }];
  let init = "-0.0"; // so that the sum of -0 elements stays -0
  let combine = "a + b";
  let empty = "0.0";
  let vjp = "spread(dy, x, axes, keep_dims)";
  let reference = "np.sum(x, axis=axes, keepdims=keep_dims)";
  let referenceScale = "np.sum(np.abs(x), axis=axes, keepdims=keep_dims)";
  let golden = ["reduce_sum([[1, 2], [3, 4.5]]) = 10.5", "reduce_sum([[1, 2], [3, 4.5]], axes=[0]) = [4, 6.5]",
                "reduce_sum([[1, 2], [3, 4.5]], axes=[-1], keep_dims=true) = [[3], [7.5]]",
                "reduce_sum([-0.0, -0.0]) = -0.0", "reduce_sum([2147483647, 1]:i32) = -2147483648:i32",
                "reduce_sum([[], []], axes=[1]) = [0, 0]"];
  let example = ["y = etch::reduce_sum(x);", "y = etch::reduce_sum(x, {-1}, etch::keep_dims);"];
}

def ReduceMaxOp : Reduction<"reduce_max"> {
  let summary = "The largest element along axes";
  let description = [{
    No axes means all. NaN when any element is NaN; +0 is larger than -0. The largest of no floats is -inf, of no
    integers their smallest value. The gradient is shared evenly by elements that are the largest.
  }];
  let init = "-std::numeric_limits<double>::infinity()";
  let combine = "maximum(a, b)";
  let vjp = "share_by_equality(dy, x, y, axes, keep_dims)";
  let reference = "np.max(x, axis=axes, keepdims=keep_dims, initial=lowest(x))";
  let golden = ["reduce_max([[1, 5], [3, 4.5]]) = 5", "reduce_max([[1, 5], [3, 4.5]], axes=[0]) = [3, 5]",
                "reduce_max([1, nan, 2]) = nan", "reduce_max([[], []], axes=[1]) = [-inf, -inf]",
                "reduce_max([-0.0, 0]) = 0", "reduce_max([-5, -3]:i64) = -3:i64"];
  let example = ["y = etch::reduce_max(x, {0});"];
}

def ReduceMinOp : Reduction<"reduce_min"> {
  let summary = "The smallest element along axes";
  let description = [{
    No axes means all. NaN when any element is NaN; -0 is smaller than +0. The smallest of no floats is inf, of no
    integers their largest value. The gradient is shared evenly by elements that are the smallest.
  }];
  let init = "std::numeric_limits<double>::infinity()";
  let combine = "minimum(a, b)";
  let vjp = "share_by_equality(dy, x, y, axes, keep_dims)";
  let reference = "np.min(x, axis=axes, keepdims=keep_dims, initial=highest(x))";
  let golden = ["reduce_min([[1, 5], [3, 4.5]]) = 1", "reduce_min([[1, 5], [3, 4.5]], axes=[1]) = [1, 3]",
                "reduce_min([1, nan, 2]) = nan", "reduce_min([[], []], axes=[1]) = [inf, inf]",
                "reduce_min([0, -0.0]) = -0.0", "reduce_min([7, 200]:u8) = 7:u8"];
  let example = ["y = etch::reduce_min(x, {0});"];
}

def ReduceProdOp : Reduction<"reduce_prod"> {
  let summary = "The product along axes";
  let description = "No axes means all. Integers wrap; the product of nothing is 1. The gradient is right where factors are 0, too.";
  let init = "1.0";
  let combine = "a * b";
  let vjp = "product_vjp(dy, x, axes, keep_dims)";
  let referenceScale = "8 * np.abs(y)";
  let reference = "np.prod(x, axis=axes, keepdims=keep_dims)";
  let golden = ["reduce_prod([[1, 2], [3, 4.5]]) = 27", "reduce_prod([[1, 2], [3, 4.5]], axes=[0]) = [3, 9]",
                "reduce_prod([[], []], axes=[1]) = [1, 1]", "reduce_prod([65536, 65536, 3]:i32) = 0:i32"];
  let example = ["y = etch::reduce_prod(x, {-1});"];
}

class BoolReduction<string mnemonic> : Reduction<mnemonic> {
  let operandDTypes = [Bools];
}
def ReduceAnyOp : BoolReduction<"reduce_any"> {
  let summary = "Whether any element along axes holds";
  let description = "No axes means all. Of nothing: false.";
  let init = "0.0";
  let combine = "a | b";
  let reference = "np.any(x, axis=axes, keepdims=keep_dims)";
  let golden = ["reduce_any([[true, false], [false, false]]:bool, axes=[1]) = [true, false]:bool",
                "reduce_any([]:bool) = false:bool"];
  let example = ["y = etch::reduce_any(x > 0.0f);"];
}
def ReduceAllOp : BoolReduction<"reduce_all"> {
  let summary = "Whether all elements along axes hold";
  let description = "No axes means all. Of nothing: true.";
  let init = "1.0";
  let combine = "a & b";
  let reference = "np.all(x, axis=axes, keepdims=keep_dims)";
  let golden = ["reduce_all([[true, true], [true, false]]:bool, axes=[1]) = [true, false]:bool",
                "reduce_all([]:bool) = true:bool"];
  let example = ["y = etch::reduce_all(x > 0.0f);"];
}

#endif
