// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace etch::runtime {

using Callback = std::function<void(const std::vector<Tensor> &)>;

/// A function of the host that ops know by its number, for as long as this object lives.
class RegisteredCallback {
public:
  explicit RegisteredCallback(Callback callback);
  ~RegisteredCallback();
  RegisteredCallback(const RegisteredCallback &) = delete;

  int64_t number() const { return number_; }

private:
  int64_t number_;
};

/// Requires: registered. Thread-safe.
std::shared_ptr<const Callback> find_callback(int64_t number);

} // namespace etch::runtime
