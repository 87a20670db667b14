// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What becomes of the handles that f(std::move(x)) gives away: with the call's success they lose their tensors, whether
// it was run op by op, written down in a trace or done by machine code. An exception leaves them as they are.
#include "runtime/donated_tensor.h"
#include "support/require.h"
#include "tracer/function_state.h"

namespace etch::detail {

void FunctionState::check_not_donated(const FlatArguments &arguments, Location location) const {
  for (const Tensor *tensor : arguments.tensors.span())
    runtime::require_not_donated(*tensor, options_.name.c_str(), location);
}

tracer::Donations FunctionState::donations(const FlatArguments &arguments, Location location) const {
  if (const auto twice = tracer::donated_twice(arguments)) [[unlikely]] {
    const std::vector<std::string> names = paths(arguments);
    ETCH_REQUIRE(false, ErrorCode::invalid_argument, location)
        << options_.name << ": a tensor that is donated must be given once, got it as " << names[twice->first]
        << " and as " << names[twice->second] << help("donate none of them: " + options_.name + "(x, x)");
  }
  return {arguments, shared_name_, location};
}

bool FunctionState::call_donating(const FlatArguments &arguments, FlatResults &results, Location location) {
  check_not_donated(arguments, location); // before
  tracer::Donations given = donations(arguments, location);
  if (!call(arguments, results, location))
    return false;
  given.take();
  return true;
}

void FunctionState::call_concrete_donating(const tracer::ConcreteFunction &function, const FlatArguments &arguments,
                                           FlatResults &results, Location location) {
  check_not_donated(arguments, location);
  tracer::Donations given = donations(arguments, location);
  call_concrete(function, arguments, results, location);
  given.take();
}

void FunctionState::take_donations(const FlatArguments &arguments, Location location) const {
  if (arguments.donations.size() > 0)
    donations(arguments, location).take();
}

} // namespace etch::detail
