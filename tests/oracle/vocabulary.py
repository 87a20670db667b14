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
