// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <exception>
#include <thread>

MISTAKE(gradient_on_another_thread) {
  GradientTape tape;
  const Tensor x = ones({2});
  tape.watch(x);
  const Tensor y = x * x;
  std::exception_ptr error;
  std::thread([&] {
    try {
      tape.gradient(y, x);
    } catch (const Error &) {
      error = std::current_exception();
    }
  }).join();
  if (error)
    std::rethrow_exception(error);
}
