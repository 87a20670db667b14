// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/tensor.h>

#include <functional>
#include <string>

// Code of the user's that computes at once while a callable is recorded: with the values that tensors of the trace have
// at this point of the call, and with Variables as they are there, though the effects of the call are still to come.
// Functions that it calls run eagerly, and tapes do not see it. What it throws goes on.
namespace etch::tracer {

class Recorder;

/// What a Variable that a callable makes starts from, undefined where `make` returns that. What `make` writes and
/// prints becomes part of the trace, which then serves this call alone. For callers that are not recorded, too.
Tensor initial_value(const std::function<Tensor()> &make, const std::string &variable, Location location);

/// What `read` returns, which later calls ask when they begin. It has its own effects there, so where it reads what the
/// call has written by then, or writes or prints what the call has used, the trace serves this call alone.
Tensor late_value(Recorder &recorder, const std::function<Tensor()> &read, Location location);

} // namespace etch::tracer
