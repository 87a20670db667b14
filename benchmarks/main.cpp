// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs named <program>/eager/<size> and <program>/traced/<size>; scripts/bench makes a table of their ratios.
#include "benchmarks/compare.h"

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;
  benchmark::AddCustomContext("etch", etch::describe_environment());
  etch::benchmarks::register_elementwise();
  etch::benchmarks::register_networks();
  etch::benchmarks::register_training();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return etch::benchmarks::failed ? 1 : 0;
}
