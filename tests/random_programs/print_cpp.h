// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/random_programs/program.h"

namespace etch::test {

/// A C++ program over the public interface that runs `program` both ways and prints what both leave behind.
std::string cpp_of(const Program &program);

} // namespace etch::test
