// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One record, no other file: the suite follows it from the public function to machine code and documentation.
include "ops/base.td"

def SquareplusOp : Elementwise<"squareplus", ["x"]> {
  let testOnly = 1;
  let summary = "(x + sqrt(x * x + 4)) / 2, a smooth relu";
  let operandDTypes = [Floats];
  let value = "0.5 * (x + sqrt(x * x + 4.0))";
  let vjp = "0.5 * dy * (1.0 + x / sqrt(x * x + 4.0))";
  let reference = "0.5 * (x + np.sqrt(rounded(x * x) + 4))";
  let referenceScale = "np.abs(x) + 1";
  let golden = ["squareplus([0, 1.5, -3]) = [1, 2, 0.302775637731994646]"];
  let example = ["y = etch::squareplus(x);"];
}
