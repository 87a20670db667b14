// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/convolution.h"
#include "runtime/hooks/window.h"
#include "runtime/kernels/table.h"
#include "runtime/opaque.h"

#include <string>
#include <vector>

namespace etch::runtime::hooks {

/// A convolution of images [n, h, w, channels] with filters [h, w, group_channels, results] to [n, h, w, results].
struct ConvGeometry {
  WindowAxis rows, columns;
  int64_t images, channels, results;
  int64_t groups, group_channels, group_results; ///< 0 groups where there are no channels

  /// Strides, padding and dilations are the attributes from number `first` on.
  ConvGeometry(std::span<const int64_t> x, std::span<const int64_t> filters, std::span<const int64_t> y,
               const ops::Attrs &attrs, size_t first)
      : rows(axis(x, filters, y, attrs, first, 0)), columns(axis(x, filters, y, attrs, first, 1)), images(x[0]),
        channels(x[3]), results(y[3]), groups(filters[2] == 0 ? 0 : channels / filters[2]), group_channels(filters[2]),
        group_results(groups == 0 ? 0 : results / groups) {}

  bool is_depthwise() const { return group_channels == 1 && group_results == 1; }
  /// Where pixels and filter rows begin.
  int64_t image_offset(int64_t n, int64_t h, int64_t w) const {
    return ((n * rows.extent + h) * columns.extent + w) * channels;
  }
  int64_t result_offset(int64_t n, int64_t h, int64_t w) const {
    return ((n * rows.count + h) * columns.count + w) * results;
  }
  int64_t filter_offset(int64_t tap_row, int64_t tap_column, int64_t channel) const {
    return ((tap_row * columns.taps + tap_column) * group_channels + channel) * results;
  }

private:
  static WindowAxis axis(std::span<const int64_t> x, std::span<const int64_t> filters, std::span<const int64_t> y,
                         const ops::Attrs &attrs, size_t first, size_t i) {
    return {x[i + 1],
            y[i + 1],
            filters[i],
            std::get<std::vector<int64_t>>(attrs[first])[i],
            std::get<std::vector<int64_t>>(attrs[first + 2])[i],
            std::get<std::string>(attrs[first + 1]) == "same"};
  }
};

/// Numbers of multiply-adds that are worth another thread.
inline constexpr int64_t kConvGrain = 1 << 16;

inline int64_t conv_grain(int64_t work_per_tile) { return kConvGrain / std::max<int64_t>(work_per_tile, 1) + 1; }

/// Pixels of a tile: their unfinished chains and the panel stay in the nearest caches.
inline constexpr int64_t kTilePixels = 256;
/// Rows of a strip of panels, and bytes of one at most.
inline constexpr int64_t kPanelRows = 160, kPanelRowBytes = 256;

/// A plane of pixels cut into tiles.
struct PlaneTiles {
  int64_t height, width, tile_height, tile_width, down, across;

  PlaneTiles(int64_t height, int64_t width)
      : height(height), width(width), tile_height(std::clamp<int64_t>(kTilePixels / width, 1, height)),
        tile_width(std::min(width, kTilePixels)), down((height - 1) / tile_height + 1),
        across((width - 1) / tile_width + 1) {}

  int64_t count() const { return down * across; }
  Range rows(int64_t tile) const {
    const int64_t begin = tile / across * tile_height;
    return {begin, std::min(begin + tile_height, height)};
  }
  Range columns(int64_t tile) const {
    const int64_t begin = tile % across * tile_width;
    return {begin, std::min(begin + tile_width, width)};
  }
};

/// Some rows of filters for the channels of a tile, cut into the panels that the kernel takes: all rows of the first
/// panel lie before those of the second.
template <class T>
class PanelStrip {
public:
  PanelStrip(const ConvolutionKernels &kernels) : kernels_(kernels) {}

  /// How many channels a strip has at most.
  static constexpr int64_t kChannels = kPanelRowBytes / static_cast<int64_t>(sizeof(T));

  /// row(i, first, count, to) writes `count` channels of row i from channel `first` on.
  template <class Row>
  void fill(int64_t rows, int64_t channels, const Row &row) {
    rows_ = rows;
    channels_ = channels;
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t first = 0; first < channels; first += panel_channels()) {
        const int64_t count = std::min(panel_channels(), channels - first), lanes = lanes_of(count);
        T *const to = elements_ + first * rows + i * lanes;
        row(i, first, count, to);
        std::fill(to + count, to + lanes, T{0});
      }
  }

  /// Continues chains from row `first_row` on.
  void run(ConvSteps steps, int64_t first_row) const {
    T *const out = static_cast<T *>(steps.out);
    for (int64_t first = 0; first < channels_; first += panel_channels()) {
      steps.channels = std::min(panel_channels(), channels_ - first);
      steps.panel = elements_ + first * rows_ + first_row * lanes_of(steps.channels);
      steps.out = out + first;
      kernels_.steps(steps);
    }
  }

private:
  int64_t panel_channels() const { return kernels_.width * kernels_.vectors; }
  int64_t lanes_of(int64_t channels) const { return (channels - 1) / kernels_.width * kernels_.width + kernels_.width; }

  const ConvolutionKernels &kernels_;
  int64_t rows_ = 0, channels_ = 0;
  alignas(64) T elements_[kPanelRows * kChannels];
};

/// Collects places and hands them to the kernel by the hundred.
template <class T>
class ConvBatch {
public:
  /// Of the steps, places, panel and channels are filled in.
  ConvBatch(const PanelStrip<T> &strip, int64_t first_row, const ConvSteps &steps)
      : strip_(strip), first_row_(first_row), steps_(steps) {
    steps_.places = places_;
    steps_.count = 0;
  }

  void add(int64_t from, int64_t to) {
    places_[steps_.count++] = {from, to};
    if (steps_.count == kTilePixels)
      flush();
  }
  void flush() {
    if (steps_.count > 0)
      strip_.run(steps_, first_row_);
    steps_.count = 0;
  }

private:
  const PanelStrip<T> &strip_;
  const int64_t first_row_;
  ConvSteps steps_;
  ConvPlace places_[kTilePixels];
};

/// body(a value of the element type) for f32 or f64, all that ops that widen see.
template <class Body>
void with_float_type(DType dtype, const Body &body) {
  if (dtype == DType::f64)
    body(double{});
  else
    body(float{});
}

} // namespace etch::runtime::hooks
