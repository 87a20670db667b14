// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pools and their gradients by the order of docs/numerics.md, section 7. Taps outside the image are skipped.
#include "runtime/hooks/axis.h"
#include "runtime/hooks/window.h"
#include "runtime/kernels/table.h"
#include "runtime/opaque.h"
#include "runtime/thread_pool.h"

#include <limits>
#include <type_traits>

namespace etch::runtime::hooks {
namespace {

constexpr int64_t kGrain = 1 << 15;
// Channels that gradients take at a time.
constexpr int64_t kChannels = 64;

/// Windows over images [n, h, w, channels], with results [n, h, w, channels].
struct PoolGeometry {
  WindowAxis rows, columns;
  int64_t images, channels;

  /// The window, its strides and the padding are the attributes from number `first` on.
  PoolGeometry(std::span<const int64_t> x, std::span<const int64_t> y, const ops::Attrs &attrs, size_t first)
      : rows(axis(x, y, attrs, first, 0)), columns(axis(x, y, attrs, first, 1)), images(x[0]), channels(x[3]) {}

  int64_t image_offset(int64_t n, int64_t h, int64_t w) const {
    return ((n * rows.extent + h) * columns.extent + w) * channels;
  }
  int64_t result_offset(int64_t n, int64_t h, int64_t w) const {
    return ((n * rows.count + h) * columns.count + w) * channels;
  }
  int64_t grain_of_rows(int64_t width) const {
    return kGrain /
               std::max<int64_t>(
                   width * channels * std::min(rows.taps, rows.extent) * std::min(columns.taps, columns.extent), 1) +
           1;
  }

private:
  static WindowAxis axis(std::span<const int64_t> x, std::span<const int64_t> y, const ops::Attrs &attrs, size_t first,
                         size_t i) {
    const auto &window = std::get<std::vector<int64_t>>(attrs[first]);
    const auto &strides = std::get<std::vector<int64_t>>(attrs[first + 1]);
    return {x[i + 1],  y[i + 1],
            window[i], strides.empty() ? window[i] : strides[i],
            1,         std::get<std::string>(attrs[first + 2]) == "same"};
  }
};

/// One row of results: what is there is joined with the taps of each window, in their order.
template <class T>
void fold_row(const PoolGeometry &geometry, ElementwiseKernel join, const T *x, T *y, int64_t row) {
  const int64_t step = geometry.columns.stride * geometry.channels, unit_steps[2] = {1, 1};
  const Range tap_rows = geometry.rows.taps_of(row % geometry.rows.count), taps = geometry.columns.taps_of_any();
  for (int64_t tap_row = tap_rows.begin; tap_row < tap_rows.end; ++tap_row)
    for (int64_t tap = taps.begin; tap < taps.end; ++tap) {
      const Range windows = geometry.columns.windows_of(tap);
      // Windows one pixel apart read what is adjacent, as they write it.
      const int64_t together = geometry.columns.stride == 1 ? windows.size() : 1;
      for (int64_t w = windows.begin; w < windows.end; w += together) {
        const T *const from = x +
                              geometry.image_offset(row / geometry.rows.count,
                                                    geometry.rows.place(row % geometry.rows.count, tap_row), 0) +
                              w * step + geometry.columns.place(0, tap) * geometry.channels;
        T *const to = y + (row * geometry.columns.count + w) * geometry.channels;
        const void *const in[2] = {to, from};
        join(together * geometry.channels, to, in, unit_steps);
      }
    }
}

template <class T>
void divide_row(const PoolGeometry &geometry, ElementwiseKernel divide, T *y, int64_t row) {
  const int64_t tap_rows = geometry.rows.taps_of(row % geometry.rows.count).size(), steps[2] = {1, 0};
  for (int64_t w = 0, end; w < geometry.columns.count; w = end) {
    const int64_t taps = geometry.columns.taps_of(w).size();
    end = w + 1;
    while (end < geometry.columns.count && geometry.columns.taps_of(end).size() == taps)
      ++end;
    const T count = static_cast<T>(tap_rows * taps);
    T *const to = y + (row * geometry.columns.count + w) * geometry.channels;
    const void *const in[2] = {to, &count};
    divide((end - w) * geometry.channels, to, in, steps);
  }
}

ElementwiseKernel kernel_of(const char *op, DType dtype) {
  return kernels().elementwise(ops::find_op(op)->index, dtype);
}

/// finish(y, row) follows the fold of each row.
template <class T, class Finish>
void pool(const OpaqueCall &call, const char *op, T start, const Finish &finish) {
  const OpaqueBuffer &x = call.operands[0], &result = call.results[0];
  const PoolGeometry geometry(x.dims, result.dims, call.attrs, 0);
  const ElementwiseKernel join = kernel_of(op, x.dtype);
  T *const y = result.as<T>();
  const int64_t row_size = geometry.columns.count * geometry.channels;
  parallel_for(geometry.images * geometry.rows.count, geometry.grain_of_rows(geometry.columns.count),
               [&](int64_t begin, int64_t end) {
                 for (int64_t row = begin; row < end; ++row) {
                   std::fill_n(y + row * row_size, row_size, start);
                   fold_row(geometry, join, x.as<const T>(), y, row);
                   finish(geometry, y, row);
                 }
               });
}

/// What the largest of nothing is.
template <class T>
constexpr T kLeast =
    std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();

/// Where the first largest element of a window is, or its first NaN, channel by channel.
template <class T>
void find_largest(const PoolGeometry &geometry, const T *x, Range tap_rows, Range taps, int64_t channels,
                  int64_t *where) {
  T best[kChannels];
  const int64_t row_step = geometry.columns.extent * geometry.channels;
  std::copy_n(x, channels, best);
  std::fill_n(where, channels, 0);
  for (int64_t r = 0; r < tap_rows.size(); ++r)
    for (int64_t t = 0; t < taps.size(); ++t) {
      const int64_t offset = r * row_step + t * geometry.channels;
      for (int64_t c = 0; c < channels; ++c) {
        const T element = x[offset + c];
        const bool is_better = element > best[c] || (element != element && best[c] == best[c]);
        best[c] = is_better ? element : best[c];
        where[c] = is_better ? offset : where[c];
      }
    }
}

/// Clears `written`, which has `pixels` for each image, and calls visit(from, to, where, channels) for a run of
/// channels of each window, unless it lies outside the image: the offsets of its first element and of its result, and
/// of the largest elements behind the former.
template <class T, class Visit>
void for_each_largest(const PoolGeometry &geometry, const T *x, T *written, int64_t pixels, const Visit &visit) {
  const int64_t runs = (geometry.channels - 1) / kChannels + 1;
  const auto image_channels = [&](int64_t image, int64_t first, int64_t channels) {
    for (int64_t pixel = image * pixels; pixel < (image + 1) * pixels; ++pixel)
      std::fill_n(written + pixel * geometry.channels + first, channels, T{0});
    for (int64_t h = 0; h < geometry.rows.count; ++h)
      for (int64_t w = 0; w < geometry.columns.count; ++w) {
        const Range tap_rows = geometry.rows.taps_of(h), taps = geometry.columns.taps_of(w);
        if (tap_rows.empty() || taps.empty())
          continue;
        const int64_t at = geometry.image_offset(image, geometry.rows.place(h, tap_rows.begin),
                                                 geometry.columns.place(w, taps.begin)) +
                           first;
        int64_t where[kChannels];
        find_largest(geometry, x + at, tap_rows, taps, channels, where);
        visit(at, geometry.result_offset(image, h, w) + first, where, channels);
      }
  };
  parallel_for(geometry.images * runs, geometry.grain_of_rows(geometry.rows.count * geometry.columns.count),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) {
                   const int64_t first = i % runs * kChannels;
                   image_channels(i / runs, first, std::min(kChannels, geometry.channels - first));
                 }
               });
}

/// One row of the image: the windows that reach it add their shares in their order.
template <class T>
void mean_gradient_row(const PoolGeometry &geometry, const T *dy, T *dx, int64_t row) {
  const int64_t image = row / geometry.rows.extent, h = row % geometry.rows.extent, channels = geometry.channels;
  T *const to = dx + row * geometry.columns.extent * channels;
  std::fill_n(to, geometry.columns.extent * channels, T{0});
  const Range at_h{h, h + 1};
  const int64_t first_window = geometry.rows.windows_at(geometry.rows.taps - 1, at_h).begin;
  const int64_t end_window = geometry.rows.windows_at(0, at_h).end;
  for (int64_t window = first_window; window < end_window; ++window)
    for (int64_t w = 0; w < geometry.columns.count; ++w) {
      const Range taps = geometry.columns.taps_of(w);
      const T count = static_cast<T>(geometry.rows.taps_of(window).size() * taps.size());
      const T *const from = dy + geometry.result_offset(image, window, w);
      for (int64_t first = 0; first < channels; first += kChannels) {
        const int64_t size = std::min(kChannels, channels - first);
        T share[kChannels];
        for (int64_t c = 0; c < size; ++c)
          share[c] = from[first + c] / count;
        for (int64_t tap = taps.begin; tap < taps.end; ++tap) {
          T *const pixel = to + geometry.columns.place(w, tap) * channels + first;
          for (int64_t c = 0; c < size; ++c)
            pixel[c] += share[c];
        }
      }
    }
}

} // namespace

void max_pool(const OpaqueCall &call) {
  if (call.results[0].size() > 0)
    with_number_type(call.results[0].dtype, [&](auto zero) {
      using T = decltype(zero);
      pool<T>(call, "maximum", kLeast<T>, [](const PoolGeometry &, T *, int64_t) {});
    });
}

void avg_pool(const OpaqueCall &call) {
  const DType dtype = call.results[0].dtype;
  if (call.results[0].size() > 0)
    with_number_type(dtype, [&](auto zero) {
      using T = decltype(zero);
      const ElementwiseKernel divide = kernel_of("div", dtype);
      pool<T>(call, "add", static_cast<T>(-0.0),
              [&](const PoolGeometry &geometry, T *y, int64_t row) { divide_row(geometry, divide, y, row); });
    });
}

void max_pool_gradient(const OpaqueCall &call) {
  const OpaqueBuffer &x = call.operands[0], &gradient = call.operands[1];
  if (x.size() == 0)
    return;
  const PoolGeometry geometry(x.dims, gradient.dims, call.attrs, 0);
  with_number_type(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *const dy = gradient.as<const T>();
    T *const dx = call.results[0].as<T>();
    for_each_largest(geometry, x.as<const T>(), dx, geometry.rows.extent * geometry.columns.extent,
                     [&](int64_t from, int64_t to, const int64_t *where, int64_t channels) {
                       for (int64_t c = 0; c < channels; ++c)
                         dx[from + where[c] + c] += dy[to + c];
                     });
  });
}

void max_pool_pick(const OpaqueCall &call) {
  const OpaqueBuffer &x = call.operands[0], &result = call.results[0];
  if (result.size() == 0)
    return;
  const PoolGeometry geometry(x.dims, result.dims, call.attrs, 0);
  with_number_type(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *const values = call.operands[1].as<const T>();
    T *const y = result.as<T>();
    for_each_largest(geometry, x.as<const T>(), y, geometry.rows.count * geometry.columns.count,
                     [&](int64_t from, int64_t to, const int64_t *where, int64_t channels) {
                       for (int64_t c = 0; c < channels; ++c)
                         y[to + c] = values[from + where[c] + c];
                     });
  });
}

void avg_pool_gradient(const OpaqueCall &call) {
  const OpaqueBuffer &dy = call.operands[0], &dx = call.results[0];
  if (dx.size() == 0)
    return;
  const PoolGeometry geometry(dx.dims, dy.dims, call.attrs, 1);
  with_number_type(dx.dtype, [&](auto zero) {
    using T = decltype(zero);
    parallel_for(geometry.images * geometry.rows.extent, geometry.grain_of_rows(geometry.columns.count),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t row = begin; row < end; ++row)
                     mean_gradient_row(geometry, dy.as<const T>(), dx.as<T>(), row);
                 });
  });
}

} // namespace etch::runtime::hooks
