// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <exception>
#include <thread>

TRACING_MISTAKE(symbolic_tensor_on_another_thread) {
  std::exception_ptr thrown;
  auto f = function(
      [&](Tensor x) {
        std::thread([&] {
          try {
            x + 1.0f;
          } catch (const Error &) {
            thrown = std::current_exception();
          }
        }).join();
        return x;
      },
      {.name = "step"});
  f(ones({2}));
  std::rethrow_exception(thrown);
}
