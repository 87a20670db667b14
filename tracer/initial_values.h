// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/tensor.h>

#include <functional>
#include <string>

namespace etch::tracer {

/// What a Variable that a callable makes starts from, computed once and at once. While the callable is recorded: with
/// the values that tensors of the trace have at this point of the call, and with Variables as they are there, though
/// the effects of the call are still to come. What `make` writes and prints becomes part of the trace, which then
/// serves this call alone. Functions that it calls run eagerly then. Tapes do not see it. Undefined where `make`
/// returns that. Throws what `make` throws.
Tensor initial_value(const std::function<Tensor()> &make, const std::string &variable, Location location);

} // namespace etch::tracer
