// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/donations.h"

#include "runtime/donated_tensor.h"
#include "support/require.h"

#include <pthread.h>

#include <algorithm>

namespace etch::tracer {
namespace {

/// Where the stack of this thread begins, which grows downwards; null where nobody knows.
const std::byte *stack_begin() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0)
    return nullptr;
  void *lowest = nullptr;
  size_t size = 0;
  const bool is_known = pthread_attr_getstack(&attributes, &lowest, &size) == 0;
  pthread_attr_destroy(&attributes);
  return is_known ? static_cast<const std::byte *>(lowest) + size : nullptr;
}

bool may_be_temporary(const Tensor *handle) {
  static thread_local const std::byte *const begin = stack_begin();
  const auto *here = static_cast<const std::byte *>(__builtin_frame_address(0));
  const auto *place = reinterpret_cast<const std::byte *>(handle);
  const std::less<> below;
  return !begin || (!below(place, here) && below(place, begin));
}

} // namespace

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

std::vector<std::string> DonationWatch::left_behind(const std::string &function) {
  std::vector<std::string> warnings;
  if (!is_watching_.load(std::memory_order_relaxed)) [[likely]]
    return warnings;
  std::lock_guard lock(mutex_);
  std::erase_if(watched_, [&](const Useless &useless) {
    if (useless.thread != std::this_thread::get_id())
      return false;
    const bool lives_on = useless.left.node()->references.load(std::memory_order_acquire) > 1;
    if (lives_on && warned_.size() < kMostWarnings && warned_.insert(useless.path).second)
      warnings.push_back("function '" + function + "' has no use for the memory of " + useless.path + ", " +
                         runtime::donated(useless.left).type_text() + ", donated" + place(useless.call_site) +
                         "\n  help: pass it without std::move: then it keeps its value");
    return true;
  });
  is_watching_.store(!watched_.empty(), std::memory_order_relaxed);
  return warnings;
}

void DonationWatch::donated(const detail::FlatArguments &arguments,
                            const std::function<std::vector<std::string>()> &paths, Location call_site) {
  for (const detail::Donation &donation : arguments.donations.span()) {
    if (!donation.is_useless || to_watch_.load(std::memory_order_relaxed) <= 0 || may_be_temporary(donation.handle))
      continue;
    if (to_watch_.fetch_sub(1, std::memory_order_relaxed) <= 0)
      return;
    std::string path = paths()[donation.position];
    std::lock_guard lock(mutex_);
    watched_.push_back({std::move(path), *donation.handle, call_site, std::this_thread::get_id()});
    is_watching_.store(true, std::memory_order_relaxed);
  }
}

} // namespace etch::tracer
