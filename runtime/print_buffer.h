// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>

namespace etch::runtime {

/// Receives whole printed texts, one thread at a time.
using PrintSink = void (*)(void *context, std::string_view text);
/// Replaces standard output as the target of etch::print; a null sink restores it. Thread-safe.
void set_print_sink(PrintSink sink, void *context);
void write_to_print_sink(std::string_view text);

/// What a compiled call prints, held back until the call has succeeded. Dropped by the destructor.
class PrintBuffer {
public:
  std::string &text() { return text_; }
  /// Writes the text to the print sink and empties the buffer.
  void flush();

private:
  std::string text_;
};

} // namespace etch::runtime
