// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/print_buffer.h"

#include <cstdio>
#include <mutex>

namespace etch::runtime {
namespace {

struct SinkState {
  std::mutex mutex;
  PrintSink sink = nullptr;
  void *context = nullptr;
};

// Never destroyed: destructors of static objects may print.
SinkState &sink_state() {
  static SinkState *state = new SinkState;
  return *state;
}

} // namespace

void set_print_sink(PrintSink sink, void *context) {
  SinkState &state = sink_state();
  std::lock_guard lock(state.mutex);
  state.sink = sink;
  state.context = context;
}

void write_to_print_sink(std::string_view text) {
  if (text.empty())
    return;
  SinkState &state = sink_state();
  std::lock_guard lock(state.mutex);
  if (state.sink) {
    state.sink(state.context, text);
  } else {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }
}

void PrintBuffer::flush_all() {
  // Emptied first: a callback may throw, or call something that prints.
  const std::string text = std::exchange(text_, {});
  const std::vector<Callback> callbacks = std::exchange(callbacks_, {});
  size_t written = 0;
  for (const Callback &each : callbacks) {
    write_to_print_sink(std::string_view(text).substr(written, each.position - written));
    written = each.position;
    each.callback();
  }
  write_to_print_sink(std::string_view(text).substr(written));
}

} // namespace etch::runtime
