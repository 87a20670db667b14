// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/tensor.h>

#include <memory>

namespace etch::tracer {

/// What `late` has read for the call that this thread is making and is still to be used by it: a call that records has
/// read while it recorded, one that is replayed when it began, and none of them may ask once more.
class LateReads {
public:
  /// Around a call: forgets at its end what was read for it.
  LateReads();
  ~LateReads();
  LateReads(const LateReads &) = delete;

  /// Outside of calls nothing is kept. `key`: what the read is known by.
  static void keep(const std::shared_ptr<const void> &key, const Tensor &tensor);
  /// Undefined where there is none.
  static Tensor take(const std::shared_ptr<const void> &key);
  /// The same, which stays.
  static Tensor find(const std::shared_ptr<const void> &key);

private:
  const size_t before_;
};

} // namespace etch::tracer
