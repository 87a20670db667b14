// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <functional>

MISTAKE(empty_callable) { function(std::function<Tensor(Tensor)>()); }
