// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loads a plugin, and with it libetch, when a thread runs already; then both threads and a new one call it.
#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <thread>

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  std::atomic<int (*)()> run{nullptr};
  std::atomic<int> failures{0};
  std::thread early([&] {
    run.wait(nullptr);
    failures += run.load()();
  });
  void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  const auto found = plugin ? reinterpret_cast<int (*)()>(dlsym(plugin, "run_plugin")) : nullptr;
  if (!found)
    std::puts(dlerror());
  run.store(found ? found : +[] { return 1; });
  run.notify_all();
  failures += run.load()();
  std::thread late([&] { failures += run.load()(); });
  early.join();
  late.join();
  return failures.load();
}
