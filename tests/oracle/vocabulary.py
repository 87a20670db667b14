# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the references of records may use besides operands, attributes and Python's own functions: `np`, `special`,
`linalg`, `got` (the list of the call's results) and these. Where etch has a rule that NumPy leaves open, it is written
out here after docs/numerics.md."""

import numpy as np
from scipy import linalg, special  # noqa: F401 — for the references


def is_float(x):
    return x.dtype.kind == "f"


def lowest(x):
    """The smallest value of x's dtype."""
    return -np.inf if is_float(x) else np.iinfo(x.dtype).min


def highest(x):
    return np.inf if is_float(x) else np.iinfo(x.dtype).max


def saturated(x, dtype):
    """Floats as another dtype: toward zero, what does not fit becomes the nearest integer that does, NaN 0."""
    if dtype.kind == "f":
        return x
    limits = np.iinfo(dtype)
    inside = np.trunc(np.where((x > limits.min) & (x < limits.max), x, 0)).astype(dtype)
    return np.where(x >= limits.max, limits.max, np.where(x <= limits.min, limits.min, inside))


def one_hot(indices, depth):
    return np.asarray(indices)[..., np.newaxis] == np.arange(depth)


def sorting_indices(x, axis, descending):
    """Equal elements keep their order and NaN comes last, both ways."""
    keys = x if not descending else -x if is_float(x) else ~x
    return np.argsort(keys, axis=axis, kind="stable")


def scanned(scan, identity, x, axis, exclusive, reverse):
    """np.cumsum or np.cumprod, from the end where `reverse`, without the place itself where `exclusive`."""
    x = np.flip(x, axis) if reverse else x
    y = scan(x, axis=axis)
    if exclusive:
        y = np.moveaxis(np.roll(y, 1, axis), axis, 0).copy()
        y[:1] = identity
        y = np.moveaxis(y, 0, axis)
    return np.flip(y, axis) if reverse else y


def with_zero(x, axis):
    """x and after it, along the axis, a slice of zeros: what an index that is left out reads, or writes to."""
    shape = list(x.shape)
    shape[axis] = 1
    return np.concatenate([x, np.zeros(shape, x.dtype)], axis)


def resolved(indices, extent, mode):
    """Where an index outside [0, extent) leads: to the nearest element, or to the slice after the last."""
    if mode == "clip":
        return np.clip(indices, 0, max(extent - 1, 0))
    return np.where((indices >= 0) & (indices < extent), indices, extent)


def added_at(destination, indices, updates, axis, mode):
    """destination with a slice of updates added for each index along the axis."""
    axis %= destination.ndim
    result = np.moveaxis(with_zero(destination, axis), axis, 0)
    slices = np.moveaxis(updates, range(axis, axis + indices.ndim), range(indices.ndim))
    np.add.at(result, resolved(indices, destination.shape[axis], mode), slices)
    return np.moveaxis(result[:-1], 0, axis)


def windows(x, size, strides, padding, dilations=(1, 1), outside=0):
    """Of images [n, h, w, c] the windows [n, h, w, c, height, width], with `outside` where they leave the image."""
    reach = [(size[i] - 1) * dilations[i] + 1 for i in range(2)]
    margins = [(0, 0)] * 4
    for i in range(2) if padding == "same" else ():
        extent = x.shape[i + 1]
        missing = max((-(-extent // strides[i]) - 1) * strides[i] + reach[i] - extent, 0)
        margins[i + 1] = (missing // 2, missing - missing // 2)
    x = np.pad(x, margins, constant_values=outside)
    places = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(1, 2))
    return places[:, :: strides[0], :: strides[1], :, :: dilations[0], :: dilations[1]]


def convolved(x, filters, strides, padding, dilations, groups):
    places = windows(x, filters.shape[:2], strides, padding, dilations)
    if groups == 0:
        return np.zeros((*places.shape[:3], 0))
    parts = zip(np.split(places, groups, axis=3), np.split(filters, groups, axis=3))
    return np.concatenate([np.einsum("nhwckl,klcf->nhwf", *part) for part in parts], axis=3)


def norm(sizes, order, axes, keep_dims):
    """Of vectors whose elements have these absolute values."""
    along = {"axis": axes, "keepdims": keep_dims}
    if np.isinf(order):
        return np.max(sizes, initial=0, **along) if order > 0 else np.min(sizes, initial=np.inf, **along)
    return np.sum(sizes != 0, **along) if order == 0 else np.sum(sizes**order, **along) ** (1 / np.float64(order))


def turned(matrices, adjoint=True):
    return np.swapaxes(matrices, -1, -2) if adjoint else matrices


def proven(result, *equations):
    """The result itself where both sides of the equations agree, else NaN: for results of which several are right."""
    holds = all(np.allclose(a, b, rtol=1e-5, atol=1e-5 * np.max(np.abs(b), initial=1)) for a, b in equations)
    return result if holds else np.full_like(result, np.nan)


# Random numbers, after docs/numerics.md, section 13. Floats are computed in float64 and rounded where that shows.

PRECISION = {"bf16": 8, "f16": 11, "f32": 24, "f64": 53}


def wide(dtype):
    """Where numbers of the dtype are computed."""
    return "f64" if dtype == "f64" else "f32"


def rounded_to(x, dtype):
    mantissa, exponent = np.frexp(x)
    return np.ldexp(np.rint(np.ldexp(mantissa, PRECISION[dtype])), exponent - PRECISION[dtype])


def philox(state, count):
    """The first words of a draw from the state {counter, stream, key}: Philox4x32-10 of Salmon and others, SC 2011."""
    counter, stream, key = (np.uint64(int(number) % 2**64) for number in state)
    counters = counter + np.arange(-(-count // 4), dtype=np.uint64)
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    c = [counters & low, counters >> half, np.full_like(counters, stream & low), np.full_like(counters, stream >> half)]
    k = [int(key) & 0xFFFFFFFF, int(key) >> 32]
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> half) ^ c[1] ^ np.uint64(k[0]), b & low, (a >> half) ^ c[3] ^ np.uint64(k[1]), a & low]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return np.stack(c, axis=-1).reshape(-1)[:count]


def random_bits(state, shape, digits, dtype):
    size, width = int(np.prod(shape)), 8 * dtype.itemsize
    words = philox(state, size * width // 32)
    if width == 64:
        words = words[0::2] | words[1::2] << np.uint64(32)
    return (words >> np.uint64(width - digits)).astype(np.uint64 if width == 64 else np.uint32).view(dtype).reshape(shape)


def random_unit(state, shape, dtype):
    """Multiples of 2^-p in [0, 1)."""
    stored = np.dtype(np.int64 if dtype == "f64" else np.int32)
    return random_bits(state, shape, PRECISION[dtype], stored) * 2.0 ** -PRECISION[dtype]


def random_uniform(state, shape, minval, maxval, dtype):
    scaled = rounded_to(random_unit(state, shape, dtype) * (maxval - minval), dtype)
    scaled = rounded_to(scaled + minval, dtype)
    return np.where(scaled < maxval, scaled, minval)


def random_words(state, shape, dtype):
    """All digits of a word but one, rounded."""
    digits = 63 if dtype == "f64" else 31
    bits = random_bits(state, shape, digits, np.dtype(np.int64 if dtype == "f64" else np.int32))
    return rounded_to(bits.astype(np.float64), dtype), 2.0**-digits


def random_normal(state, shape, mean, stddev, dtype):
    words, unit = random_words(state, (*shape, 2), wide(dtype))
    u = rounded_to(words[..., 0] + 0.5, wide(dtype)) * unit
    return np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * unit * words[..., 1]) * stddev + mean


def random_truncated_normal(state, shape, mean, stddev, dtype):
    t = (random_unit(state, shape, wide(dtype)) * 2 - 1) * special.erf(np.sqrt(2))
    return np.sqrt(2) * special.erfinv(t) * stddev + mean


def random_int(state, shape, minval, maxval):
    size, count = int(np.prod(shape)), maxval - minval
    words = [int(word) for word in philox(state, size * (2 if count <= 2**32 else 4))]
    if count <= 2**32:
        places = [words[2 * i] + (words[2 * i + 1] << 32) << 64 for i in range(size)]
    else:
        places = [sum(word << shift for word, shift in zip(words[4 * i :], (64, 96, 0, 32))) for i in range(size)]
    return np.array([minval + (place * count >> 128) for place in places], np.int64).reshape(shape)


def random_categorical(logits, state, samples, dtype):
    shape = (*logits.shape[:-1], samples, logits.shape[-1])
    words, unit = random_words(state, shape, wide(dtype))
    noise = -np.log(-np.log1p(-rounded_to(words + 0.5, wide(dtype)) * unit))
    return np.argmax(rounded_to(logits[..., np.newaxis, :] + noise, wide(dtype)), axis=-1)
