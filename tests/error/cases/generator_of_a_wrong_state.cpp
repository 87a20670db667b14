// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(generator_of_a_wrong_state) { Generator::from_state(ones({3})); }
