// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The gradients of a convolution, each with the order of its chains in docs/numerics.md, section 7.
#include "runtime/hooks/conv.h"
#include "runtime/scratch.h"
#include "runtime/thread_pool.h"

namespace etch::runtime::hooks {
namespace {

/// Which places of an axis any window reads.
class PlacesRead {
public:
  explicit PlacesRead(const WindowAxis &axis) : memory_(axis.extent), read_(static_cast<bool *>(memory_.block())) {
    std::fill_n(read_, axis.extent, false);
    for (int64_t tap = 0; tap < axis.taps; ++tap) {
      const Range windows = axis.windows_of(tap);
      for (int64_t window = windows.begin; window < windows.end; ++window)
        read_[axis.place(window, tap)] = true;
    }
  }
  bool operator[](int64_t place) const { return read_[place]; }

private:
  const Scratch memory_;
  bool *const read_;
};

/// Gradients towards one tile of pixels and one panel of channels: from each tap, results flow back to the pixels that
/// they were read from.
template <class T>
class ImageTile {
public:
  ImageTile(const ConvGeometry &geometry, const ConvolutionKernels &kernels, const OpaqueCall &call,
            const PlacesRead &rows_read, const PlacesRead &columns_read)
      : geometry_(geometry), strip_(kernels), gradient_(call.operands[0].as<const T>()),
        filters_(call.operands[1].as<const T>()), image_gradient_(call.results[0].as<T>()), rows_read_(rows_read),
        columns_read_(columns_read) {}

  /// channels: of the group's channels.
  void run(int64_t image, Range rows, Range columns, int64_t group, Range channels) {
    first_channel_ = group * geometry_.group_channels + channels.begin;
    begin_chains(image, rows, columns, channels.size());
    for (int64_t tap_row = 0; tap_row < geometry_.rows.taps; ++tap_row)
      for (int64_t tap = 0; tap < geometry_.columns.taps; ++tap) {
        const Range down = geometry_.rows.windows_at(tap_row, rows);
        const Range across = geometry_.columns.windows_at(tap, columns);
        if (down.empty() || across.empty())
          continue;
        for (int64_t result = 0; result < geometry_.group_results; result += kPanelRows) {
          const Range depth{result, std::min(result + kPanelRows, geometry_.group_results)};
          const int64_t first_result = group * geometry_.group_results + result;
          pack(geometry_.filter_offset(tap_row, tap, channels.begin) + first_result, channels.size(), depth.size());
          ConvSteps steps{};
          steps.in = gradient_;
          steps.out = image_gradient_ + first_channel_;
          steps.rows = steps.taps = 1;
          steps.depth = depth.size();
          ConvBatch<T> batch(strip_, 0, steps);
          for (int64_t h = down.begin; h < down.end; ++h)
            for (int64_t w = across.begin; w < across.end; ++w)
              batch.add(
                  geometry_.result_offset(image, h, w) + first_result,
                  geometry_.image_offset(image, geometry_.rows.place(h, tap_row), geometry_.columns.place(w, tap)));
          batch.flush();
        }
      }
  }

private:
  void begin_chains(int64_t image, Range rows, Range columns, int64_t channels) {
    for (int64_t h = rows.begin; h < rows.end; ++h)
      for (int64_t w = columns.begin; w < columns.end; ++w) {
        const bool is_read =
            geometry_.group_results > 0 && rows_read_[static_cast<size_t>(h)] && columns_read_[static_cast<size_t>(w)];
        std::fill_n(image_gradient_ + geometry_.image_offset(image, h, w) + first_channel_, channels,
                    is_read ? static_cast<T>(-0.0) : T{0});
      }
  }

  /// A row for each result.
  void pack(int64_t from, int64_t channels, int64_t depth) {
    strip_.fill(depth, channels, [&](int64_t i, int64_t first, int64_t count, T *to) {
      const T *const column = filters_ + from + first * geometry_.results + i;
      for (int64_t c = 0; c < count; ++c)
        to[c] = column[c * geometry_.results];
    });
  }

  const ConvGeometry &geometry_;
  PanelStrip<T> strip_;
  const T *gradient_, *filters_;
  T *image_gradient_;
  const PlacesRead &rows_read_, &columns_read_;
  int64_t first_channel_ = 0;
};

template <class T>
void run_image_tiles(const ConvGeometry &geometry, const OpaqueCall &call) {
  const ConvolutionKernels &kernels = runtime::kernels().convolution(call.operands[0].dtype);
  const PlacesRead rows_read(geometry.rows), columns_read(geometry.columns);
  const PlaneTiles plane(geometry.rows.extent, geometry.columns.extent);
  constexpr int64_t width = PanelStrip<T>::kChannels;
  const int64_t panels = (geometry.group_channels - 1) / width + 1;
  const int64_t work = plane.tile_height * plane.tile_width * geometry.rows.taps * geometry.columns.taps *
                       geometry.group_results * std::min(width, geometry.group_channels);
  parallel_for(geometry.groups * panels * geometry.images * plane.count(), conv_grain(work),
               [&](int64_t begin, int64_t end) {
                 ImageTile<T> tile(geometry, kernels, call, rows_read, columns_read);
                 for (int64_t i = begin; i < end; ++i) {
                   const int64_t at = i % plane.count(), image = i / plane.count() % geometry.images;
                   const int64_t panel = i / plane.count() / geometry.images;
                   const int64_t first = panel % panels * width;
                   tile.run(image, plane.rows(at), plane.columns(at), panel / panels,
                            {first, std::min(first + width, geometry.group_channels)});
                 }
               });
}

/// The taps by which windows read one place, and those windows: both in even steps, as tap and window are tied.
struct Readers {
  int64_t count = 0, tap = 0, tap_step = 0, window = 0, window_step = 0;
};

Readers readers_of(const WindowAxis &axis, int64_t place) {
  Readers readers;
  for (int64_t tap = 0; tap < axis.taps; ++tap) {
    const Range windows = axis.windows_at(tap, {place, place + 1});
    if (windows.empty())
      continue;
    if (readers.count == 0) {
      readers.tap = tap;
      readers.window = windows.begin;
    } else if (readers.count == 1) {
      readers.tap_step = tap - readers.tap;
      readers.window_step = windows.begin - readers.window;
    }
    ++readers.count;
  }
  return readers;
}

template <class T>
void depthwise_image_row(const ConvGeometry &geometry, const ConvolutionKernels &kernels, const OpaqueCall &call,
                         const Readers *columns, int64_t row) {
  const int64_t image = row / geometry.rows.extent, channels = geometry.channels;
  const Readers down = readers_of(geometry.rows, row % geometry.rows.extent);
  T *const out = call.results[0].as<T>() + row * geometry.columns.extent * channels;
  for (int64_t w = 0; w < geometry.columns.extent; ++w) {
    const Readers &across = columns[w];
    if (down.count == 0 || across.count == 0) {
      std::fill_n(out + w * channels, channels, T{0});
      continue;
    }
    kernels.depthwise({call.operands[0].as<const T>() + geometry.result_offset(image, down.window, across.window),
                       call.operands[1].as<const T>() + geometry.filter_offset(down.tap, across.tap, 0),
                       out + w * channels, 1, 0, down.count, down.window_step * geometry.columns.count * channels,
                       down.tap_step * geometry.columns.taps * channels, across.count, across.window_step * channels,
                       across.tap_step * channels, channels});
  }
}

template <class T>
void run_depthwise_image(const ConvGeometry &geometry, const OpaqueCall &call) {
  const ConvolutionKernels &kernels = runtime::kernels().convolution(call.operands[0].dtype);
  const Scratch memory(geometry.columns.extent * static_cast<int64_t>(sizeof(Readers)));
  Readers *const columns = static_cast<Readers *>(memory.block());
  for (int64_t w = 0; w < geometry.columns.extent; ++w)
    columns[w] = readers_of(geometry.columns, w);
  const int64_t work = geometry.columns.extent * geometry.rows.taps * geometry.columns.taps * geometry.channels;
  parallel_for(geometry.images * geometry.rows.extent, conv_grain(work), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      depthwise_image_row<T>(geometry, kernels, call, columns, row);
  });
}

/// Channels of the images, or taps with few channels, whose gradients of filters a tile holds.
constexpr int64_t kTileRows = 48;

/// Gradients towards some taps of one row of the filters, for some channels of a group: more than one tap only where
/// the channels of neighbours are adjacent and all of them are meant.
template <class T>
class FilterTile {
public:
  FilterTile(const ConvGeometry &geometry, const ConvolutionKernels &kernels, const OpaqueCall &call)
      : geometry_(geometry), kernels_(kernels), x_(call.operands[0].as<const T>()),
        gradient_(call.operands[1].as<const T>()), filter_gradient_(call.results[0].as<T>()) {}

  void run(int64_t tap_row, Range taps, int64_t group, Range channels) {
    const Range down = geometry_.rows.windows_of(tap_row);
    const int64_t first_result = group * geometry_.group_results;
    T *const out = filter_gradient_ + geometry_.filter_offset(tap_row, taps.begin, channels.begin) + first_result;
    begin_chains(out, !down.empty(), taps, channels.size());
    products_ = {places_, 0, nullptr, gradient_ + first_result, nullptr, 0, geometry_.group_results, geometry_.results};
    Range current{0, 0};
    for (int64_t n = 0; n < geometry_.images; ++n)
      for (int64_t h = down.begin; h < down.end; ++h)
        for (int64_t w = 0; w < geometry_.columns.count; ++w) {
          const Range inside = geometry_.columns.taps_of(w) & taps;
          if (inside.empty())
            continue;
          if (inside != current || products_.count == kTilePixels) {
            flush();
            current = inside;
            products_.a = x_ + group * geometry_.group_channels + channels.begin;
            products_.out = out + (inside.begin - taps.begin) * channels.size() * geometry_.results;
            products_.rows = inside.size() * channels.size();
          }
          places_[products_.count++] = {
              geometry_.image_offset(n, geometry_.rows.place(h, tap_row), geometry_.columns.place(w, inside.begin)),
              geometry_.result_offset(n, h, w)};
        }
    flush();
  }

private:
  void begin_chains(T *out, bool has_rows, Range taps, int64_t channels) {
    for (int64_t tap = taps.begin; tap < taps.end; ++tap) {
      const bool has_pixels = geometry_.images > 0 && has_rows && !geometry_.columns.windows_of(tap).empty();
      for (int64_t i = 0; i < channels; ++i, out += geometry_.results)
        std::fill_n(out, geometry_.group_results, has_pixels ? static_cast<T>(-0.0) : T{0});
    }
  }

  void flush() {
    if (products_.count > 0)
      kernels_.products(products_);
    products_.count = 0;
  }

  const ConvGeometry &geometry_;
  const ConvolutionKernels &kernels_;
  const T *x_, *gradient_;
  T *filter_gradient_;
  ConvProducts products_{};
  ConvPlace places_[kTilePixels];
};

template <class T>
void run_filter_tiles(const ConvGeometry &geometry, const OpaqueCall &call) {
  const ConvolutionKernels &kernels = runtime::kernels().convolution(call.operands[0].dtype);
  const int64_t channels = geometry.group_channels, taps = geometry.columns.taps;
  const bool are_adjacent = geometry.groups == 1 && geometry.columns.dilation == 1;
  const int64_t together = are_adjacent ? std::clamp<int64_t>(kTileRows / channels, 1, taps) : 1;
  const int64_t parts = (channels - 1) / kTileRows + 1, runs = (taps - 1) / together + 1;
  const int64_t work = geometry.images * geometry.rows.count * geometry.columns.count * geometry.group_results *
                       std::min(kTileRows, channels * together);
  parallel_for(geometry.groups * parts * geometry.rows.taps * runs, conv_grain(work), [&](int64_t begin, int64_t end) {
    FilterTile<T> tile(geometry, kernels, call);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t tap = i % runs * together, part = i / runs / geometry.rows.taps;
      const int64_t first = part % parts * kTileRows;
      tile.run(i / runs % geometry.rows.taps, {tap, std::min(tap + together, taps)}, part / parts,
               {first, std::min(first + kTileRows, channels)});
    }
  });
}

template <class T>
void run_depthwise_filters(const ConvGeometry &geometry, const OpaqueCall &call) {
  const ConvolutionKernels &kernels = runtime::kernels().convolution(call.operands[0].dtype);
  const T *const x = call.operands[0].as<const T>(), *const gradient = call.operands[1].as<const T>();
  const int64_t channels = geometry.channels, work = geometry.images * geometry.rows.count * geometry.columns.count;
  const auto tap_gradient = [&](int64_t tap_row, int64_t tap) {
    const Range down = geometry.rows.windows_of(tap_row), across = geometry.columns.windows_of(tap);
    const bool has_pixels = geometry.images > 0 && !down.empty() && !across.empty();
    T *const out = call.results[0].as<T>() + geometry.filter_offset(tap_row, tap, 0);
    std::fill_n(out, channels, has_pixels ? static_cast<T>(-0.0) : T{0});
    for (int64_t n = 0; n < geometry.images && has_pixels; ++n)
      for (int64_t h = down.begin; h < down.end; ++h)
        kernels.depthwise_products(
            {x + geometry.image_offset(n, geometry.rows.place(h, tap_row), geometry.columns.place(across.begin, tap)),
             gradient + geometry.result_offset(n, h, across.begin), out, across.size(),
             geometry.columns.stride * channels, channels, channels});
  };
  parallel_for(geometry.rows.taps * geometry.columns.taps, conv_grain(work * channels),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i)
                   tap_gradient(i / geometry.columns.taps, i % geometry.columns.taps);
               });
}

} // namespace

void conv2d_image_gradient(const OpaqueCall &call) {
  const OpaqueBuffer &gradient = call.operands[0], &result = call.results[0];
  if (result.size() == 0)
    return;
  const ConvGeometry geometry(result.dims, call.operands[1].dims, gradient.dims, call.attrs, 1);
  with_float_type(result.dtype, [&](auto zero) {
    using T = decltype(zero);
    geometry.is_depthwise() ? run_depthwise_image<T>(geometry, call) : run_image_tiles<T>(geometry, call);
  });
}

void conv2d_filter_gradient(const OpaqueCall &call) {
  const OpaqueBuffer &result = call.results[0];
  if (result.size() == 0)
    return;
  const ConvGeometry geometry(call.operands[0].dims, result.dims, call.operands[1].dims, call.attrs, 1);
  with_float_type(result.dtype, [&](auto zero) {
    using T = decltype(zero);
    geometry.is_depthwise() ? run_depthwise_filters<T>(geometry, call) : run_filter_tiles<T>(geometry, call);
  });
}

} // namespace etch::runtime::hooks
