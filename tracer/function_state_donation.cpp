// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What becomes of the handles that f(std::move(x)) gives away: with the call's success they lose their tensors, whether
// it was run op by op, written down in a trace or done by machine code. An exception leaves them as they are.
#include "runtime/donated_tensor.h"
#include "support/require.h"
#include "tracer/debug.h"
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
  warn_of_donations();
  tracer::Donations given = donations(arguments, location);
  if (!call(arguments, results, location))
    return false;
  given.take();
  watch_donations(arguments, location);
  return true;
}

void FunctionState::call_concrete_donating(const tracer::ConcreteFunction &function, const FlatArguments &arguments,
                                           FlatResults &results, Location location) {
  check_not_donated(arguments, location);
  warn_of_donations();
  tracer::Donations given = donations(arguments, location);
  call_concrete(function, arguments, results, location);
  given.take();
  watch_donations(arguments, location);
}

void FunctionState::warn_of_donations() {
  for (const std::string &warning : donation_watch_.left_behind(options_.name))
    tracer::warn(warning);
}

void FunctionState::watch_donations(const FlatArguments &arguments, Location location) noexcept {
  try {
    donation_watch_.donated(arguments, [&] { return paths(arguments); }, location);
  } catch (const std::exception &) { // the call has succeeded, and its handles are empty
  }
}

void FunctionState::take_donations(const FlatArguments &arguments, Location location) const {
  if (arguments.donations.size() > 0)
    donations(arguments, location).take();
}

void FunctionState::check_result(const Tensor &result) const {
  runtime::require_not_donated(result, options_.name.c_str(), {});
}

} // namespace etch::detail
