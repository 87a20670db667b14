// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/structure.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

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

} // namespace etch::tracer
