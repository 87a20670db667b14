// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/convolution.h"
#include "runtime/kernels/lane.h"

// The kernels of convolutions. Every result element is one chain of fma; vectors run over channels, and a block keeps
// as many chains in registers as hide the latency of fma and share what they load.

namespace etch::runtime {
namespace {

// With AVX2 there are 16 registers: 12 chains, 2 vectors of a filter and 1 element fit.
constexpr int kConvVectors = ETCH_LEVEL == 4 ? 4 : 2;
constexpr int kConvPixels = 6;
constexpr int kConvRows = 6;

/// A vector, of which only the first `lanes` elements are in memory where it is ragged.
template <bool ragged, class T>
ETCH_INLINE Lane<T> load_lanes(const T *p, int64_t lanes) {
  if constexpr (ragged)
    return Lane<T>::load_partial(p, lanes, T{});
  else
    return Lane<T>::load(p);
}
template <bool ragged, class T>
ETCH_INLINE void store_lanes(Lane<T> x, T *p, int64_t lanes) {
  if constexpr (ragged)
    x.store_partial(p, lanes);
  else
    x.store(p);
}

/// The next `pixels` places; fewer if there are fewer: the last one is then computed, and stored, several times.
template <class T, int vectors, int pixels>
__attribute__((flatten)) void conv_block(const ConvSteps &steps, int64_t first) {
  constexpr int64_t width = Lane<T>::width;
  const int64_t last_lanes = steps.channels - (vectors - 1) * width;
  const bool is_full = last_lanes == width;
  const T *in[pixels];
  T *out[pixels];
  Lane<T> chain[pixels][vectors];
#pragma GCC unroll 8
  for (int p = 0; p < pixels; ++p) {
    const ConvPlace &place = steps.places[first + p < steps.count ? first + p : steps.count - 1];
    in[p] = static_cast<const T *>(steps.in) + place.from;
    out[p] = static_cast<T *>(steps.out) + place.to;
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)
      chain[p][v] = steps.begins                 ? Lane<T>::splat(T(-0.0))
                    : v + 1 < vectors || is_full ? Lane<T>::load(out[p] + v * width)
                                                 : load_lanes<true>(out[p] + v * width, last_lanes);
  }
  for (int64_t r = 0; r < steps.rows; ++r) {
    const T *row = static_cast<const T *>(steps.panel) + r * steps.panel_step * vectors * width;
    for (int64_t tap = 0; tap < steps.taps; ++tap) {
      const int64_t begin = r * steps.row_step + tap * steps.tap_step, end = begin + steps.depth;
      for (int64_t i = begin; i < end; ++i) {
        Lane<T> filter[vectors];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v)
          filter[v] = Lane<T>::load(row + v * width);
#pragma GCC unroll 8
        for (int p = 0; p < pixels; ++p) {
          const Lane<T> x = Lane<T>::splat(in[p][i]);
#pragma GCC unroll 4
          for (int v = 0; v < vectors; ++v)
            chain[p][v] = fma(x, filter[v], chain[p][v]);
        }
        row += vectors * width;
      }
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < pixels; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)
      if (v + 1 < vectors || is_full)
        chain[p][v].store(out[p] + v * width);
      else
        store_lanes<true>(chain[p][v], out[p] + v * width, last_lanes);
  }
}

template <class T, int vectors>
void conv_blocks(const ConvSteps &steps) {
  int64_t first = 0;
  for (; steps.count - first > kConvPixels / 2; first += kConvPixels)
    conv_block<T, vectors, kConvPixels>(steps, first);
  if (first < steps.count)
    conv_block<T, vectors, kConvPixels / 2>(steps, first);
}

template <class T>
void conv_steps(const ConvSteps &steps) {
  constexpr int64_t width = Lane<T>::width;
  if (steps.channels <= width)
    return conv_blocks<T, 1>(steps);
  if (steps.channels <= 2 * width)
    return conv_blocks<T, 2>(steps);
#if ETCH_LEVEL == 4
  if (steps.channels <= 3 * width)
    return conv_blocks<T, 3>(steps);
  return conv_blocks<T, 4>(steps);
#endif
}

/// Rows [row, row + rows) of adjacent columns, `vectors` vectors or a ragged one.
template <class T, int vectors, int rows, bool ragged>
__attribute__((flatten)) void product_block(const ConvProducts &products, int64_t row, int64_t column) {
  constexpr int64_t width = Lane<T>::width;
  const int64_t lanes = products.columns - column;
  const T *const a = static_cast<const T *>(products.a) + row, *const b = static_cast<const T *>(products.b) + column;
  T *const out = static_cast<T *>(products.out) + row * products.out_step + column;
  Lane<T> chain[rows][vectors];
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)
      chain[r][v] = load_lanes<ragged>(out + r * products.out_step + v * width, lanes);
  for (int64_t i = 0; i < products.count; ++i) {
    const T *const x = a + products.places[i].from, *const y = b + products.places[i].to;
    Lane<T> factor[vectors];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)
      factor[v] = load_lanes<ragged>(y + v * width, lanes);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const Lane<T> element = Lane<T>::splat(x[r]);
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v)
        chain[r][v] = fma(element, factor[v], chain[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)
      store_lanes<ragged>(chain[r][v], out + r * products.out_step + v * width, lanes);
}

template <class T, int vectors, bool ragged>
void product_blocks(const ConvProducts &products, int64_t column) {
  int64_t row = 0;
  for (; row + kConvRows <= products.rows; row += kConvRows)
    product_block<T, vectors, kConvRows, ragged>(products, row, column);
  for (; row + 3 <= products.rows; row += 3)
    product_block<T, vectors, 3, ragged>(products, row, column);
  for (; row < products.rows; ++row)
    product_block<T, vectors, 1, ragged>(products, row, column);
}

template <class T>
void conv_products(const ConvProducts &products) {
  constexpr int64_t width = Lane<T>::width;
  int64_t column = 0;
  for (; column + kConvVectors * width <= products.columns; column += kConvVectors * width)
    product_blocks<T, kConvVectors, false>(products, column);
  for (; column + width <= products.columns; column += width)
    product_blocks<T, 1, false>(products, column);
  if (column < products.columns)
    product_blocks<T, 1, true>(products, column);
}

/// `vectors` vectors of `pixels` pixels from a channel on, or a ragged one.
template <class T, int vectors, int pixels, bool ragged>
__attribute__((flatten)) void depthwise_block(const DepthwiseRun &run, int64_t pixel, int64_t channel) {
  constexpr int64_t width = Lane<T>::width;
  const int64_t lanes = run.channels - channel;
  const T *const in = static_cast<const T *>(run.in) + pixel * run.in_pixel_step + channel;
  const T *const filters = static_cast<const T *>(run.filters) + channel;
  T *const out = static_cast<T *>(run.out) + pixel * run.channels + channel;
  Lane<T> chain[pixels][vectors];
#pragma GCC unroll 4
  for (int p = 0; p < pixels; ++p)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v)
      chain[p][v] = Lane<T>::splat(T(-0.0));
  for (int64_t row = 0; row < run.rows; ++row)
    for (int64_t column = 0; column < run.columns; ++column) {
      const T *const x = in + row * run.in_row_step + column * run.in_column_step;
      const T *const f = filters + row * run.filter_row_step + column * run.filter_column_step;
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        const Lane<T> factor = load_lanes<ragged>(f + v * width, lanes);
#pragma GCC unroll 4
        for (int p = 0; p < pixels; ++p)
          chain[p][v] = fma(load_lanes<ragged>(x + p * run.in_pixel_step + v * width, lanes), factor, chain[p][v]);
      }
    }
#pragma GCC unroll 4
  for (int p = 0; p < pixels; ++p)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v)
      store_lanes<ragged>(chain[p][v], out + p * run.channels + v * width, lanes);
}

template <class T, int pixels>
void depthwise_channels(const DepthwiseRun &run, int64_t pixel) {
  constexpr int64_t width = Lane<T>::width;
  int64_t channel = 0;
  for (; channel + 2 * width <= run.channels; channel += 2 * width)
    depthwise_block<T, 2, pixels, false>(run, pixel, channel);
  for (; channel + width <= run.channels; channel += width)
    depthwise_block<T, 1, pixels, false>(run, pixel, channel);
  if (channel < run.channels)
    depthwise_block<T, 1, pixels, true>(run, pixel, channel);
}

template <class T>
void depthwise_run(const DepthwiseRun &run) {
  int64_t pixel = 0;
  for (; pixel + 4 <= run.pixels; pixel += 4)
    depthwise_channels<T, 4>(run, pixel);
  for (; pixel < run.pixels; ++pixel)
    depthwise_channels<T, 1>(run, pixel);
}

template <class T, int vectors, bool ragged>
__attribute__((flatten)) void depthwise_product_block(const DepthwiseProducts &products, int64_t channel) {
  constexpr int64_t width = Lane<T>::width;
  const int64_t lanes = products.channels - channel;
  const T *a = static_cast<const T *>(products.a) + channel, *b = static_cast<const T *>(products.b) + channel;
  T *const out = static_cast<T *>(products.out) + channel;
  Lane<T> chain[vectors];
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v)
    chain[v] = load_lanes<ragged>(out + v * width, lanes);
  for (int64_t pixel = 0; pixel < products.pixels; ++pixel, a += products.a_step, b += products.b_step)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)
      chain[v] = fma(load_lanes<ragged>(a + v * width, lanes), load_lanes<ragged>(b + v * width, lanes), chain[v]);
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v)
    store_lanes<ragged>(chain[v], out + v * width, lanes);
}

template <class T>
void depthwise_products(const DepthwiseProducts &products) {
  constexpr int64_t width = Lane<T>::width;
  int64_t channel = 0;
  for (; channel + 4 * width <= products.channels; channel += 4 * width)
    depthwise_product_block<T, 4, false>(products, channel);
  for (; channel + width <= products.channels; channel += width)
    depthwise_product_block<T, 1, false>(products, channel);
  if (channel < products.channels)
    depthwise_product_block<T, 1, true>(products, channel);
}

template <class T>
constexpr ConvolutionKernels kConvolutionOf = {Lane<T>::width,   kConvVectors,     conv_steps<T>,
                                               conv_products<T>, depthwise_run<T>, depthwise_products<T>};

constexpr ConvolutionTable kConvolutionTable = {kConvolutionOf<float>, kConvolutionOf<double>};

} // namespace
} // namespace etch::runtime
