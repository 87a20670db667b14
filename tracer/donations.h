// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/structure.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace etch::tracer {

/// Positions of two tensors of a call, the first of them donated, that are one handle.
std::optional<std::pair<size_t, size_t>> donated_twice(const detail::FlatArguments &arguments);

/// What the donated handles of a call will hold once it has succeeded. Made before, so that nothing can fail after.
class Donations {
public:
  Donations(const detail::FlatArguments &arguments, const std::shared_ptr<const std::string> &function,
            Location call_site);
  Donations(const Donations &) = delete;

  /// The tensors leave their handles.
  void take() noexcept;

private:
  const detail::FlatArguments &arguments_;
  detail::InlineList<Tensor, 8> donated_;
};

/// Watches for donations whose memory no result can take, of handles that live on without their values. Temporaries
/// are donated without a word of the user's, and outlive other calls of the expression that they are in: f(a + b) *
/// f(c + d). Nothing tells them from local variables, so only handles that are not on the stack count. Thread-safe.
class DonationWatch {
public:
  static constexpr size_t kMostWarnings = 2;
  /// A warm call has to be free of this in the end.
  static constexpr int kMostWatched = 8;

  /// To be called by each call that donates: the warnings for what the thread's earlier ones have left behind.
  std::vector<std::string> left_behind(const std::string &function);
  /// To be called when the handles hold what donated ones do. `paths`: of the tensors.
  void donated(const detail::FlatArguments &arguments, const std::function<std::vector<std::string>()> &paths,
               Location call_site);

private:
  struct Useless {
    std::string path;
    Tensor left; // in the handle, too, unless that has ended or been assigned
    Location call_site;
    std::thread::id thread; // another one's handle may be about to end
  };

  std::atomic<int> to_watch_{kMostWatched};
  std::atomic<bool> is_watching_{false};
  std::mutex mutex_; // of what follows
  std::vector<Useless> watched_;
  std::set<std::string> warned_; // paths
};

} // namespace etch::tracer
