// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace etch::runtime {

/// Receives whole printed texts, one thread at a time.
using PrintSink = void (*)(void *context, std::string_view text);
/// Replaces standard output as the target of etch::print; a null sink restores it. Thread-safe.
void set_print_sink(PrintSink sink, void *context);
void write_to_print_sink(std::string_view text);

/// What a call prints and which functions of the host it calls, in order, held back until the call has succeeded.
/// Dropped by the destructor.
class PrintBuffer {
public:
  std::string &text() { return text_; }
  void call(std::function<void()> callback) { callbacks_.push_back({text_.size(), std::move(callback)}); }
  /// Makes everything happen and empties the buffer. Throws what a callback throws; the rest is dropped then.
  void flush() {
    if (!text_.empty() || !callbacks_.empty()) [[unlikely]]
      flush_all();
  }

private:
  void flush_all();

  struct Callback {
    size_t position; ///< in the text
    std::function<void()> callback;
  };
  std::string text_;
  std::vector<Callback> callbacks_;
};

} // namespace etch::runtime
