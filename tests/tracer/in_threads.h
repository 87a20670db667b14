// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <thread>
#include <vector>

namespace etch::test {

/// Runs body(0) … body(count - 1) in threads of their own, which begin together.
template <class Body>
void in_threads(int count, Body &&body) {
  std::atomic<int> waiting{count};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < count; ++thread)
    threads.emplace_back([&, thread] {
      --waiting;
      while (waiting > 0)
        std::this_thread::yield();
      body(thread);
    });
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace etch::test
