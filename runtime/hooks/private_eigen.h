// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// Eigen as the runtime uses it, which has to give the same bits everywhere: no threads of its own, blocks that do not
// depend on the machine's caches, no assertions. Under a name of its own: a program that uses Eigen with other options
// or instruction sets must not share instantiations with the runtime.
#define Eigen etch_eigen
#define EIGEN_NO_DEBUG
#define EIGEN_DONT_PARALLELIZE
#define EIGEN_NO_CPUID

#include <Eigen/Core>

namespace etch::runtime::hooks {

using Matrix = Eigen::MatrixXd;

} // namespace etch::runtime::hooks
