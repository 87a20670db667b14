#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the calls in a folder, which etch_oracle_calls wrote, with what the records' references make of them.

References see floats as float64, so they are more exact than most results. Integers are taken modulo the width of the
result; whether a result has the right dtype is for other tests.
"""

import collections
import dataclasses
import json
import pathlib
import sys
import warnings

import numpy as np

import vocabulary

MAX_SHOWN = 3  # failures of one op and dtype

STORED = {"bool": np.bool_, "u8": np.uint8, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64,
          "f16": np.float16, "bf16": np.uint16, "f32": np.float32, "f64": np.float64}


@dataclasses.dataclass
class Float:
    epsilon: float
    least: float  # the smallest number above 0
    most: float


FLOATS = {"f16": Float(2.0**-10, 2.0**-24, 65504.0), "bf16": Float(2.0**-7, 2.0**-133, (2 - 2.0**-7) * 2.0**127),
          "f32": Float(2.0**-23, 2.0**-149, (2 - 2.0**-23) * 2.0**127),
          "f64": Float(2.0**-52, 2.0**-1074, sys.float_info.max)}
# A result may be this many units of 2^-p off, p being the digits of the dtype that it was computed in.
UNITS = 4


class Elements:
    """The tensors of elements.bin, one after the other; floats as float64."""

    def __init__(self, path):
        self.bytes = path.read_bytes()
        self.at = 0

    def next(self, dtype, shape):
        stored = np.dtype(STORED[dtype])
        count = int(np.prod(shape, dtype=np.int64))
        x = np.frombuffer(self.bytes, stored, count, self.at).reshape(shape)
        self.at += count * stored.itemsize
        if dtype == "bf16":
            x = (x.astype(np.uint32) << 16).view(np.float32)
        return x.astype(np.float64) if dtype in FLOATS else x


def attribute(value):
    if isinstance(value, list):
        return tuple(value) or None
    if isinstance(value, dict):
        if "dims" in value:
            return tuple(value["dims"])
        return np.dtype(np.float64 if value["dtype"] in FLOATS else STORED[value["dtype"]])
    return value


def names_of(call, operands):
    """The names that the call's reference may use."""
    names = {**vars(vocabulary), **{name: attribute(value) for name, value in call["attrs"].items()}}
    if call["variadic"]:
        names[call["operand_names"][0]] = operands
    else:
        names.update(zip(call["operand_names"], operands))
    computed_in = np.float64 if "f64" in [dtype for dtype, _ in call["operands"]] else np.float32
    # Floats are all float64 here; some references depend on what they were.
    names["dtype_of"] = dict(zip(call["operand_names"], (dtype for dtype, _ in call["operands"])))
    names["result_dtype"] = call["results"][0][0]
    names["rounded"] = lambda x: x.astype(computed_in).astype(np.float64)
    return names


def evaluated(text, names):
    return eval(compile(f"({text}\n)", text, "eval"), names)


def tolerance(dtype, expected, scale, rounds_halves_once):
    """How far finite results may be off."""
    size, unit = np.maximum(np.abs(expected), scale), FLOATS[dtype].epsilon
    if dtype in ("f16", "bf16") and rounds_halves_once:
        return unit / 2 * np.abs(expected) + UNITS * FLOATS["f32"].epsilon * size + FLOATS[dtype].least
    return UNITS * (unit * size + FLOATS[dtype].least)


def agrees(dtype, got, expected, scale, rounds_halves_once):
    """Element by element."""
    if dtype not in FLOATS:
        whole = expected.astype(np.int64) if expected.dtype.kind == "f" else expected
        return got == whole.astype(got.dtype)
    limits = FLOATS[dtype]
    expected = expected.astype(np.float64)
    near = np.abs(got - expected) <= tolerance(dtype, expected, scale, rounds_halves_once)
    # Where float64 still has a number, a narrower float may have none.
    overflown = (np.sign(got) == np.sign(expected)) & (np.abs(expected) >= limits.most * (1 - UNITS * limits.epsilon))
    return np.select([np.isnan(expected) | np.isnan(got), np.isinf(expected), np.isinf(got)],
                     [np.isnan(expected) & np.isnan(got), got == expected, overflown], near)


def difference(call, dtype, got, expected, scale):
    """'' when they agree."""
    expected = np.asarray(expected)
    if expected.shape != got.shape:
        return f"expected shape {expected.shape}, got {got.shape}"
    same = agrees(dtype, got, expected, scale, call["rounds_halves_once"])
    if np.all(same):
        return ""
    at = tuple(int(i) for i in np.argwhere(~same)[0])
    return (f"{np.count_nonzero(~same)} of {got.size} elements differ, the first at {list(at)}: "
            f"expected {expected[at]!r}, got {got[at]!r}")


def check(call, operands, results):
    """'' when the call's results are what its reference makes of the operands."""
    names = names_of(call, operands)
    names["got"] = results  # for references that prove them
    try:
        expected = evaluated(call["reference"], names)
        names["y"] = expected
        scale = evaluated(call["scale"], names) if call["scale"] else 0
    except Exception as error:  # whatever the reference may raise
        return f"the reference raises {type(error).__name__}: {error}"
    if not isinstance(expected, (list, tuple)):
        expected = [expected]
    if len(expected) != len(results):
        return f"expected {len(expected)} results, got {len(results)}"
    texts = [difference(call, dtype, got, wanted, scale)
             for (dtype, _), got, wanted in zip(call["results"], results, expected)]
    return "; ".join(text for text in texts if text)


def shown(call, operands, text):
    arguments = [f"{dtype}{shape}" + (f" {x.tolist()}" if x.size <= 12 else "")
                 for (dtype, shape), x in zip(call["operands"], operands)]
    arguments += [f"{name}={value}" for name, value in call["attrs"].items()]
    return f"{call['op']}({', '.join(arguments)}): {text}\n  reference: {call['reference']}"


def main(folder):
    calls = json.loads((folder / "calls.json").read_text())
    elements = Elements(folder / "elements.bin")
    failures, compared, pairs = collections.Counter(), 0, set()
    for call in calls:
        operands = [elements.next(*operand) for operand in call["operands"]]
        results = [elements.next(*result) for result in call["results"]]
        pair = call["op"], (call["operands"] or call["results"])[0][0]
        pairs.add(pair)
        compared += sum(result.size for result in results)
        text = check(call, operands, results)
        if text:
            failures[pair] += 1
            if failures[pair] <= MAX_SHOWN:
                print(shown(call, operands, text))
    ops = {op for op, _ in pairs}
    print(f"{len(calls)} calls of {len(ops)} ops, {len(pairs)} with their dtypes, {compared} elements; "
          f"{sum(failures.values())} calls differ")
    for (op, dtype), count in failures.items():
        print(f"  {op} {dtype}: {count}")
    return 1 if failures or not calls else 0


if __name__ == "__main__":
    np.seterr(all="ignore")  # overflow, division by zero and NaN are what is compared
    warnings.simplefilter("ignore")
    sys.exit(main(pathlib.Path(sys.argv[1])))
