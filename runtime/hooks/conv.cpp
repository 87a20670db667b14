// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolution by the order of docs/numerics.md, section 7: one chain of fma per result element over the taps inside the
// image. A chunk of the filters, as much as fills a strip of panels, is applied to all pixels of a tile; chains that
// more chunks go on with lie unfinished in the result. A pixel at the border takes the taps that it has: nothing is
// padded.
#include "runtime/hooks/conv.h"

#include "runtime/thread_pool.h"

#include <cstring>

namespace etch::runtime::hooks {
namespace {

/// A part of the filters: more than one row of taps only with all columns of them, more than one tap only with all
/// channels of the group.
struct Chunk {
  Range rows, columns, depth;
};

/// Calls body(run, taps) for each run of windows that have the same of these taps inside the image.
template <class Body>
void for_runs(const WindowAxis &axis, Range windows, Range taps, const Body &body) {
  for (int64_t window = windows.begin, end; window < windows.end; window = end) {
    const Range inside = axis.taps_of(window) & taps;
    end = window + 1;
    while (end < windows.end && (axis.taps_of(end) & taps) == inside)
      ++end;
    body(Range{window, end}, inside);
  }
}

/// Results of one tile of pixels and one strip of filters.
template <class T>
class Tile {
public:
  Tile(const ConvGeometry &geometry, const ConvolutionKernels &kernels, const OpaqueCall &call)
      : geometry_(geometry), strip_(kernels), x_(call.operands[0].as<const T>()),
        filters_(call.operands[1].as<const T>()), y_(call.results[0].as<T>()) {}

  /// channels: of the group's results.
  void run(int64_t image, Range rows, Range columns, int64_t group, Range channels) {
    image_ = image;
    rows_ = rows;
    columns_ = columns;
    group_ = group;
    first_result_ = group * geometry_.group_results + channels.begin;
    channels_ = channels.size();
    const int64_t depth = geometry_.group_channels;
    // With few channels several taps share a chunk.
    const int64_t across = std::clamp<int64_t>(kPanelRows / depth, 1, geometry_.columns.taps);
    const int64_t down = across < geometry_.columns.taps
                             ? 1
                             : std::clamp<int64_t>(kPanelRows / (depth * across), 1, geometry_.rows.taps);
    is_one_chunk_ = across == geometry_.columns.taps && down == geometry_.rows.taps && depth <= kPanelRows;
    if (!is_one_chunk_)
      for_runs(geometry_.rows, rows_, {0, geometry_.rows.taps},
               [&](Range run, Range taps) { begin_chains(run, taps); });
    for (int64_t row = 0; row < geometry_.rows.taps; row += down)
      for (int64_t column = 0; column < geometry_.columns.taps; column += across)
        for (int64_t channel = 0; channel < depth; channel += kPanelRows)
          add({{row, std::min(row + down, geometry_.rows.taps)},
               {column, std::min(column + across, geometry_.columns.taps)},
               {channel, std::min(channel + kPanelRows, depth)}});
  }

private:
  void fill(Range rows, Range columns, T value) {
    for (int64_t h = rows.begin; h < rows.end; ++h)
      for (int64_t w = columns.begin; w < columns.end; ++w)
        std::fill_n(y_ + geometry_.result_offset(image_, h, w) + first_result_, channels_, value);
  }

  void begin_chains(Range rows, Range tap_rows) {
    for_runs(geometry_.columns, columns_, {0, geometry_.columns.taps}, [&](Range run, Range taps) {
      fill(rows, run, tap_rows.empty() || taps.empty() ? T{0} : static_cast<T>(-0.0));
    });
  }

  void pack(const Chunk &chunk) {
    const int64_t depth = chunk.depth.size(), columns = chunk.columns.size();
    strip_.fill(chunk.rows.size() * columns * depth, channels_, [&](int64_t i, int64_t first, int64_t count, T *to) {
      const int64_t from =
          geometry_.filter_offset(chunk.rows.begin + i / depth / columns, chunk.columns.begin + i / depth % columns,
                                  chunk.depth.begin + i % depth);
      std::memcpy(to, filters_ + from + first_result_ + first, static_cast<size_t>(count) * sizeof(T));
    });
  }

  /// Continues each chain over those taps of a chunk that are inside the image.
  void add(const Chunk &chunk) {
    bool is_packed = false;
    for_runs(geometry_.rows, rows_, chunk.rows, [&](Range rows, Range tap_rows) {
      for_runs(geometry_.columns, columns_, chunk.columns, [&](Range columns, Range taps) {
        if (tap_rows.empty() || taps.empty()) {
          if (is_one_chunk_)
            fill(rows, columns, T{0});
          return;
        }
        if (!is_packed)
          pack(chunk);
        is_packed = true;
        add_run(rows, columns, chunk, {tap_rows, taps, chunk.depth});
      });
    });
  }

  /// inside: what the pixels of a run see of a chunk.
  void add_run(Range rows, Range columns, const Chunk &chunk, const Chunk &inside) {
    const int64_t depth = chunk.depth.size();
    ConvSteps steps{};
    steps.in = x_;
    steps.out = y_ + first_result_;
    steps.rows = inside.rows.size();
    steps.row_step = geometry_.rows.dilation * geometry_.columns.extent * geometry_.channels;
    steps.panel_step = chunk.columns.size() * depth;
    steps.taps = inside.columns.size();
    steps.tap_step = geometry_.columns.dilation * geometry_.channels;
    steps.depth = depth;
    steps.begins = is_one_chunk_;
    // Adjacent taps are adjacent in memory.
    if (steps.taps > 1 && steps.tap_step == depth) {
      steps.depth *= steps.taps;
      steps.taps = 1;
    }
    const int64_t first_row = (inside.rows.begin - chunk.rows.begin) * steps.panel_step +
                              (inside.columns.begin - chunk.columns.begin) * depth;
    ConvBatch<T> batch(strip_, first_row, steps);
    const int64_t first_channel = group_ * geometry_.group_channels + chunk.depth.begin;
    for (int64_t h = rows.begin; h < rows.end; ++h)
      for (int64_t w = columns.begin; w < columns.end; ++w)
        batch.add(geometry_.image_offset(image_, geometry_.rows.place(h, inside.rows.begin),
                                         geometry_.columns.place(w, inside.columns.begin)) +
                      first_channel,
                  geometry_.result_offset(image_, h, w));
    batch.flush();
  }

  const ConvGeometry &geometry_;
  PanelStrip<T> strip_;
  const T *x_, *filters_;
  T *y_;
  int64_t image_ = 0, group_ = 0, first_result_ = 0, channels_ = 0;
  Range rows_{0, 0}, columns_{0, 0};
  bool is_one_chunk_ = false;
};

template <class T>
void run_tiles(const ConvGeometry &geometry, const OpaqueCall &call) {
  const ConvolutionKernels &kernels = runtime::kernels().convolution(call.operands[0].dtype);
  const PlaneTiles plane(geometry.rows.count, geometry.columns.count);
  constexpr int64_t width = PanelStrip<T>::kChannels;
  const int64_t panels = (geometry.group_results - 1) / width + 1;
  const int64_t work = plane.tile_height * plane.tile_width * geometry.rows.taps * geometry.columns.taps *
                       geometry.group_channels * std::min(width, geometry.group_results);
  // Tiles of one panel follow each other, and keep its filters near.
  parallel_for(geometry.groups * panels * geometry.images * plane.count(), conv_grain(work),
               [&](int64_t begin, int64_t end) {
                 Tile<T> tile(geometry, kernels, call);
                 for (int64_t i = begin; i < end; ++i) {
                   const int64_t at = i % plane.count(), image = i / plane.count() % geometry.images;
                   const int64_t panel = i / plane.count() / geometry.images;
                   const int64_t first = panel % panels * width;
                   tile.run(image, plane.rows(at), plane.columns(at), panel / panels,
                            {first, std::min(first + width, geometry.group_results)});
                 }
               });
}

/// One row of results where every channel has a filter of its own.
template <class T>
void depthwise_row(const ConvGeometry &geometry, const ConvolutionKernels &kernels, const OpaqueCall &call,
                   int64_t row) {
  const int64_t image = row / geometry.rows.count, h = row % geometry.rows.count, channels = geometry.channels;
  const Range tap_rows = geometry.rows.taps_of(h);
  T *const y = call.results[0].as<T>() + row * geometry.columns.count * channels;
  for_runs(geometry.columns, {0, geometry.columns.count}, {0, geometry.columns.taps}, [&](Range run, Range taps) {
    if (taps.empty() || tap_rows.empty()) {
      std::fill(y + run.begin * channels, y + run.end * channels, T{0});
      return;
    }
    const int64_t from = geometry.image_offset(image, geometry.rows.place(h, tap_rows.begin),
                                               geometry.columns.place(run.begin, taps.begin));
    kernels.depthwise({call.operands[0].as<const T>() + from,
                       call.operands[1].as<const T>() + geometry.filter_offset(tap_rows.begin, taps.begin, 0),
                       y + run.begin * channels, run.size(), geometry.columns.stride * channels, tap_rows.size(),
                       geometry.rows.dilation * geometry.columns.extent * channels, geometry.columns.taps * channels,
                       taps.size(), geometry.columns.dilation * channels, channels, channels});
  });
}

} // namespace

void conv2d(const OpaqueCall &call) {
  const OpaqueBuffer &result = call.results[0];
  if (result.size() == 0)
    return;
  const ConvGeometry geometry(call.operands[0].dims, call.operands[1].dims, result.dims, call.attrs, 0);
  with_float_type(result.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (geometry.group_channels == 0) {
      std::fill_n(result.as<T>(), result.size(), T{0});
      return;
    }
    if (!geometry.is_depthwise())
      return run_tiles<T>(geometry, call);
    const ConvolutionKernels &kernels = runtime::kernels().convolution(result.dtype);
    const int64_t work = geometry.columns.count * geometry.rows.taps * geometry.columns.taps * geometry.channels;
    parallel_for(geometry.images * geometry.rows.count, conv_grain(work), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        depthwise_row<T>(geometry, kernels, call, row);
    });
  });
}

} // namespace etch::runtime::hooks
