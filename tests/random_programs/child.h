// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstring>
#include <iostream>
#include <new>
#include <string>
#include <type_traits>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace etch::test {

/// A T that child processes share with their parent; all zero at first.
template <class T>
class Shared {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  Shared() {
    void *memory = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      throw std::bad_alloc();
    value_ = static_cast<T *>(memory);
  }
  ~Shared() { munmap(value_, sizeof(T)); }
  Shared(const Shared &) = delete;

  T &operator*() const { return *value_; }
  T *operator->() const { return value_; }

private:
  T *value_;
};

/// What a child process tells its parent, even when it dies.
struct Said {
  char text[1000];

  void say(const std::string &words) { std::strncpy(text, words.c_str(), sizeof text - 1); }
  void say_end(int status) {
    if (WIFSIGNALED(status))
      say(std::string("killed by signal ") + strsignal(WTERMSIG(status)));
  }
};

/// Runs `body` in a child process, which may crash; its status as of waitpid(). Threads are the child's own: this
/// process should have none.
template <class Body>
int in_child(Body &&body) {
  std::cout.flush();
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

} // namespace etch::test
