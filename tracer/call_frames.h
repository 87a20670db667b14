// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/error.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace etch::tracer {

/// A call of a Function in another's callable: what errors inside it name.
struct CallFrame {
  std::string function;
  Location location;
  std::shared_ptr<const CallFrame> outer; ///< in the callable of the same trace; null for its own calls
};
using CallFramePtr = std::shared_ptr<const CallFrame>;

/// The innermost call of this thread whose ops are being written down into a trace; null outside of all.
const CallFramePtr &current_call_frame();

/// While the ops of a call are written down; a null frame: those of a trace of its own.
class CallFrameScope {
public:
  explicit CallFrameScope(CallFramePtr frame);
  ~CallFrameScope();
  CallFrameScope(const CallFrameScope &) = delete;

private:
  CallFramePtr previous_;
};

/// A call from the current one.
CallFramePtr call_frame(const std::string &function, Location location);

/// The frames of an inlined trace on top of another one.
class RebasedFrames {
public:
  explicit RebasedFrames(CallFramePtr base) : base_(std::move(base)) {}
  CallFramePtr of(const CallFramePtr &frame);

private:
  const CallFramePtr base_;
  std::unordered_map<const CallFrame *, CallFramePtr> known_;
};

/// The same for callers that cannot hold a scope.
void enter_call_frame(const std::string &function, Location location);
void leave_call_frame();

/// While a Function's callable runs.
class CallableScope {
public:
  CallableScope() { begin(); }
  ~CallableScope() { end(); }
  CallableScope(const CallableScope &) = delete;

  static void begin();
  static void end();
};

/// Names a call that an error has come out of, if it was made in another Function's callable.
void add_call(Error &error, const std::string &function, Location location);
/// The same of the calls that an op of a trace is in.
void add_calls(Error &error, const CallFramePtr &innermost);

} // namespace etch::tracer
