// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/call_frames.h"

namespace etch::tracer {
namespace {

thread_local CallFramePtr current;
constinit thread_local int running_callables = 0;

} // namespace

const CallFramePtr &current_call_frame() { return current; }

CallFrameScope::CallFrameScope(CallFramePtr frame) : previous_(std::exchange(current, std::move(frame))) {}
CallFrameScope::~CallFrameScope() { current = std::move(previous_); }

CallFramePtr call_frame(const std::string &function, Location location) {
  return std::make_shared<const CallFrame>(function, location, current);
}

CallFramePtr RebasedFrames::of(const CallFramePtr &frame) {
  if (!frame)
    return base_;
  if (const auto known = known_.find(frame.get()); known != known_.end())
    return known->second;
  return known_[frame.get()] = std::make_shared<const CallFrame>(frame->function, frame->location, of(frame->outer));
}

void enter_call_frame(const std::string &function, Location location) { current = call_frame(function, location); }
void leave_call_frame() { current = CallFramePtr(current->outer); }

void CallableScope::begin() { ++running_callables; }
void CallableScope::end() { --running_callables; }

void add_call(Error &error, const std::string &function, Location location) {
  if (running_callables > 0)
    error.add_call(function, location);
}

void add_calls(Error &error, const CallFramePtr &innermost) {
  for (const CallFrame *frame = innermost.get(); frame; frame = frame->outer.get())
    error.add_call(frame->function, frame->location);
}

} // namespace etch::tracer
