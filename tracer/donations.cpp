// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/donations.h"

#include "runtime/donated_tensor.h"

namespace etch::tracer {

std::optional<std::pair<size_t, size_t>> donated_twice(const detail::FlatArguments &arguments) {
  for (const detail::Donation &donation : arguments.donations.span())
    for (size_t i = 0; i < arguments.tensors.size(); ++i)
      if (i != donation.position && arguments.tensors.data()[i] == donation.handle)
        return std::pair(donation.position, i);
  return std::nullopt;
}

Donations::Donations(const detail::FlatArguments &arguments, const std::shared_ptr<const std::string> &function,
                     Location call_site)
    : arguments_(arguments) {
  for (const detail::Donation &donation : arguments.donations.span())
    // By the callable meanwhile, run op by op.
    if (!donation.handle->defined() || runtime::is_donated(*donation.handle))
      donated_.push(*donation.handle);
    else
      donated_.push(Tensor(new runtime::DonatedNode(*donation.handle, function, call_site)));
}

void Donations::take() noexcept {
  for (size_t i = 0; i < donated_.size(); ++i)
    *arguments_.donations.data()[i].handle = std::move(donated_.data()[i]);
}

} // namespace etch::tracer
