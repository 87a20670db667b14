// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <algorithm>
#include <cstdint>

namespace etch::runtime::hooks {

/// [begin, end), with begin <= end.
struct Range {
  int64_t begin, end;

  int64_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
  bool operator==(const Range &) const = default;
  friend Range operator&(Range a, Range b) {
    const int64_t end = std::min(a.end, b.end);
    return {std::min(std::max(a.begin, b.begin), end), end};
  }
};

/// Windows along one axis of an image: tap k of window i is at place i * stride + k * dilation - before, which may be
/// outside the image.
struct WindowAxis {
  int64_t extent, count; ///< of the image; of windows
  int64_t taps, stride, dilation;
  int64_t before = 0; ///< padding; the odd element is behind

  WindowAxis(int64_t extent, int64_t count, int64_t taps, int64_t stride, int64_t dilation, bool same)
      : extent(extent), count(count), taps(taps), stride(stride), dilation(dilation) {
    if (same)
      before = std::max<int64_t>((count - 1) * stride + (taps - 1) * dilation + 1 - extent, 0) / 2;
  }

  int64_t place(int64_t window, int64_t tap) const { return window * stride + tap * dilation - before; }
  /// The taps of a window that are inside the image.
  Range taps_of(int64_t window) const {
    const int64_t first = place(window, 0);
    return Range{steps_to(-first, dilation), steps_to(extent - first, dilation)} & Range{0, taps};
  }
  /// The windows whose tap is at one of these places.
  Range windows_at(int64_t tap, Range places) const {
    const int64_t first = place(0, tap);
    return Range{steps_to(places.begin - first, stride), steps_to(places.end - first, stride)} & Range{0, count};
  }
  /// Outside of this range no tap is inside the image for any window, however large a window is.
  Range taps_of_any() const {
    return Range{steps_to(-place(count - 1, 0), dilation), steps_to(extent - place(0, 0), dilation)} & Range{0, taps};
  }
  Range windows_of(int64_t tap) const { return windows_at(tap, {0, extent}); }

private:
  /// How many steps reach a distance or more.
  static int64_t steps_to(int64_t distance, int64_t step) { return distance <= 0 ? 0 : (distance - 1) / step + 1; }
};

} // namespace etch::runtime::hooks
