// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_COMPOSITES
#define ETCH_OPS_COMPOSITES

include "ops/base.td"

class Filled<string mnemonic, string value> : Composite<mnemonic, []> {
  let attrs = [DimsAttrOf<"shape">, DTypeAttrOf<"dtype", "DType::f32">];
  let result = "dtype";
  let expansion = "return full(context, shape, Scalar::of(dtype, " # value # "));";
}
def ZerosOp : Filled<"zeros", "0.0"> {
  let summary = "A tensor of zeros";
  let reference = "np.zeros(shape)";
  let golden = ["zeros(shape=[2], dtype=f32) = [0, 0]:f32", "zeros(shape=[1], dtype=bool) = [false]:bool"];
  let example = ["y = etch::zeros({2, 3});", "y = etch::zeros({4}, etch::DType::i32);"];
}
def OnesOp : Filled<"ones", "1.0"> {
  let summary = "A tensor of ones";
  let reference = "np.ones(shape)";
  let golden = ["ones(shape=[2], dtype=f64) = [1, 1]:f64", "ones(shape=[1, 0], dtype=i32) = [[]]:i32"];
  let example = ["y = etch::ones({2, 3});"];
}

def RangeOp : Composite<"range", []> {
  let summary = "start, start + delta, start + 2 delta, … before limit";
  let description = [{
    The three numbers adopt the dtype. Element i is start + i * delta, each operation rounded on its own; there are
    ceil((limit - start) / delta) of them, none if that is negative. An extent that a trace leaves open is asked for its
    number, but where i64 is counted by ones from what is never more than the limit: range(0, n).
  }];
  let attrs = [ScalarAttrOf<"start", "", Numbers>, ScalarAttrOf<"limit", "", Numbers>, ScalarAttrOf<"delta", "1", Numbers>, DTypeAttrOf<"dtype", "DType::i64", Numbers>];
  let result = "dtype";
  let openForm = [{
    const auto first = call_extent(start), last = call_extent(limit), step = call_extent(delta);
    if (dtype == DType::i64 && first && last && step && step->is_known() && *step == 1 && surely_ordered(*first, *last, at))
      return add(Operand(iota(*last - *first, dtype, at), at.file, at.function, at.line), *first);
  }];
  let openHelp = "etch::iota(n) counts to an open extent; compute with its result";
  let check = "check_range(call, start, limit, delta, dtype);";
  let expansion = [{
    return full(context, {}, start) + full(context, {}, delta) * iota(context, range_count(start, limit, delta), dtype);
  }];
  let reference = "start + np.arange(np.ceil((limit - start) / delta)) * delta";
  let referenceScale = "np.abs(y) + abs(start)";
  let golden = ["range(start=2, limit=10, delta=3, dtype=i64) = [2, 5, 8]:i64",
                "range(start=3, limit=0, delta=-1, dtype=i32) = [3, 2, 1]:i32",
                "range(start=0, limit=1, delta=0.25, dtype=f32) = [0, 0.25, 0.5, 0.75]:f32",
                "range(start=5, limit=5, delta=1, dtype=i64) = []:i64"];
  let example = ["y = etch::range(0, 10);", "y = etch::range(0, 1, 0.25, etch::DType::f32);"];
}

def SizeOp : Composite<"size", ["x"]> {
  let summary = "The number of elements along axes, as a tensor of rank 0";
  let description = "No axes means all.";
  let operandDTypes = [AnyDType];
  let attrs = [IntegersAttrOf<"axes", "{}">, DTypeAttrOf<"dtype", "DType::i64", Numbers>];
  let result = "dtype";
  let check = "normalized_axes(call, axes, x.rank());";
  let expansion = [{
    const Dim count = extent_along(x.dims(), axes);
    return count.is_static() ? full(context, {}, Scalar::of(dtype, count.value())) : extent(context, count, dtype);
  }];
  let reference = "np.size(x, axes)";
  let golden = ["size([[1, 2, 3], [4, 5, 6]]) = 6:i64", "size([[1, 2, 3], [4, 5, 6]], axes=[1], dtype=f32) = 3:f32"];
  let example = ["y = etch::size(x);"];
}

def OneHotOp : Composite<"one_hot", ["indices"]> {
  let summary = "Rows that are 1 at an index and 0 elsewhere, along a new last dimension";
  let description = "An index outside [0, depth) gives a row of zeros.";
  let operandDTypes = [Integers];
  let attrs = [DimAttrOf<"depth">, DTypeAttrOf<"dtype", "DType::f32">];
  let result = "dtype";
  let check = "given_dims(call, Dims{depth});";
  let expansion = [{
    // Indices too narrow to count to the depth would meet their own wrapped numbers.
    const auto wide = counts_to(indices.dtype(), depth) ? indices : cast(indices, DType::i64);
    return cast(reshape(wide, appended(indices.dims(), 1)) == iota(context, depth, wide.dtype()), dtype);
  }];
  let reference = "one_hot(indices, depth)";
  let golden = ["one_hot([2, 0, -1, 3]:i32, depth=3, dtype=f32) = [[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0]]:f32",
                "one_hot(1:i64, depth=2, dtype=i32) = [0, 1]:i32"];
  let example = ["y = etch::one_hot(labels, 10);"];
}

def ArgminOp : Composite<"argmin", ["x"]> {
  let summary = "The index of the smallest element along an axis";
  let description = "The first one where several are smallest; the first NaN where there is one. An empty axis is an error.";
  let operandDTypes = [AnyDType];
  let attrs = [IntegerAttrOf<"axis", "0">, BoolAttrOf<"keep_dims">];
  let check = "argmax_type(call, x, axis, keep_dims);";
  let expansion = "return argmax(is_floating(x.dtype()) ? -x : ~x, axis, keep_dims);";
  let reference = "np.argmin(x, axis=axis, keepdims=keep_dims)";
  let golden = ["argmin([[5, 1, 1], [3, nan, 4]], axis=1) = [1, 1]:i64", "argmin([-128, 127, -128]:i8, axis=0) = 0:i64",
                "argmin([0, 255]:u8, axis=0, keep_dims=true) = [0]:i64"];
  let example = ["y = etch::argmin(x, -1);"];
}

def EyeOp : Composite<"eye", []> {
  let summary = "A matrix with ones on its diagonal and zeros elsewhere";
  let description = "columns of -1 means as many as rows.";
  let attrs = [DimAttrOf<"rows">, DimAttrOf<"columns", "-1">, DTypeAttrOf<"dtype", "DType::f32">];
  let result = "dtype";
  let check = "given_dims(call, Dims{rows}); given_dims(call, Dims{columns.is(-1) ? rows : columns});";
  let expansion = [{
    const auto down = reshape(iota(context, rows, DType::i64), Dims{rows, 1});
    return cast(down == iota(context, columns.is(-1) ? rows : columns, DType::i64), dtype);
  }];
  let reference = "np.eye(rows, None if columns == -1 else columns)";
  let golden = ["eye(rows=2, columns=3, dtype=f32) = [[1, 0, 0], [0, 1, 0]]:f32", "eye(rows=2, columns=-1, dtype=i32) = [[1, 0], [0, 1]]:i32",
                "eye(rows=0, columns=2, dtype=f32) = []:f32[0,2]"];
  let example = ["y = etch::eye(3);"];
}

def LinspaceOp : Composite<"linspace", []> {
  let summary = "count numbers evenly spaced from start to stop, both included";
  let description = "Element i is start + i * ((stop - start) / (count - 1)), each operation rounded; the last one is stop itself.";
  let attrs = [ScalarAttrOf<"start", "", Floats>, ScalarAttrOf<"stop", "", Floats>, DimAttrOf<"count", "50">, DTypeAttrOf<"dtype", "DType::f32", Floats>];
  let result = "dtype";
  let check = "given_dims(call, Dims{count});";
  let expansion = [{
    const auto position = iota(context, count, dtype), from = full(context, {}, start), to = full(context, {}, stop);
    const auto last = extent(context, count, dtype) - 1.0;
    return where((position == last) & (last > 0.0), to, from + position * ((to - from) / maximum(last, 1.0)));
  }];
  let referenceScale = "abs(start) + abs(stop)";
  let reference = "np.linspace(start, stop, count)";
  let golden = ["linspace(start=0, stop=1, count=5, dtype=f32) = [0, 0.25, 0.5, 0.75, 1]:f32", "linspace(start=2, stop=9, count=1, dtype=f64) = [2]:f64",
                "linspace(start=1, stop=-1, count=2, dtype=f32) = [1, -1]:f32", "linspace(start=1, stop=2, count=0, dtype=f32) = []:f32"];
  let example = ["y = etch::linspace(0.0f, 1.0f, 11);"];
}

def StackOp : Composite<"stack", ["xs"]> {
  let summary = "Tensors of one shape along a new axis";
  let operandDTypes = [AnyDType];
  let variadic = 1;
  let attrs = [IntegerAttrOf<"axis", "0">];
  let check = "check_stack(call, xs, axis);";
  let expansion = [{
    std::vector<T> pieces;
    for (const T &x : xs)
      pieces.push_back(expand_dims(x, axis));
    return concat(pieces, axis);
  }];
  let reference = "np.stack(xs, axis=axis)";
  let golden = ["stack([1, 2], [3, 4], axis=0) = [[1, 2], [3, 4]]", "stack([1, 2], [3, 4], axis=-1) = [[1, 3], [2, 4]]",
                "stack(1, 2, 3, axis=0) = [1, 2, 3]"];
  let example = ["y = etch::stack({a, b}, 1);"];
}

def TileOp : Composite<"tile", ["x"]> {
  let summary = "x repeated multiples[i] times along each axis i";
  let operandDTypes = [AnyDType];
  let attrs = [IntegersAttrOf<"multiples">];
  let check = "check_tile(call, x, multiples);";
  let expansion = [{
    Dims apart, repeated, result;
    for (int axis = 0; axis < x.rank(); ++axis) {
      const Dim count = multiples[static_cast<size_t>(axis)];
      apart.insert(apart.end(), {1, x.dim(axis)});
      repeated.insert(repeated.end(), {count, x.dim(axis)});
      result.push_back(count * x.dim(axis));
    }
    return reshape(broadcast_to(reshape(x, apart), repeated), result);
  }];
  let reference = "np.tile(x, multiples or ())";
  let golden = ["tile([[1, 2]], multiples=[2, 2]) = [[1, 2, 1, 2], [1, 2, 1, 2]]", "tile([1, 2], multiples=[0]) = []"];
  let example = ["y = etch::tile(x, std::vector<int64_t>(static_cast<size_t>(x.rank()), 2));"];
}

def RollOp : Composite<"roll", ["x"]> {
  let summary = "The elements along an axis moved by shift places; what leaves one end enters at the other";
  let description = "A shift along a dimension of unknown extent must not be longer than it.";
  let operandDTypes = [AnyDType];
  let attrs = [IntegerAttrOf<"shift">, IntegerAttrOf<"axis", "0">];
  let check = "normalized_axis(call, axis, x.rank());";
  let expansion = [{
    const size_t along = static_cast<size_t>(axis < 0 ? axis + x.rank() : axis);
    const Dim places = rolled_places(x.dims()[along], shift);
    Dims begin(x.dims().size(), Dim(0)), head = x.dims(), tail = x.dims();
    head[along] = x.dims()[along] - places;
    tail[along] = places;
    const auto front = slice(x, begin, head);
    begin[along] = head[along];
    return concat(std::vector<T>{slice(x, begin, tail), front}, axis);
  }];
  let reference = "np.roll(x, shift, axis=axis)";
  let golden = ["roll([1, 2, 3], shift=1) = [3, 1, 2]", "roll([[1, 2, 3]], shift=-2, axis=1) = [[3, 1, 2]]", "roll([], shift=2, axis=0) = []"];
  let example = ["y = etch::roll(x, 1);"];
}

def PadOp : Composite<"pad", ["x"]> {
  let summary = "x with more elements before and after it along each axis";
  let description = [{
    paddings has two numbers per axis, before and after. The new elements are value, or the nearest ones of x (mode
    "edge"), or x mirrored at its border without repeating that ("reflect").
  }];
  let operandDTypes = [AnyDType];
  let attrs = [PairsAttrOf<"paddings">, ChoiceAttrOf<"mode", ["constant", "reflect", "edge"], "constant">, ScalarAttrOf<"value", "AnyZero{}">];
  let openHelp = "join x and etch::full(shape, n) by etch::concat";
  let check = "check_pad(call, x, paddings, mode, value);";
  let expansion = [{
    T result = x;
    for (int axis = 0; axis < x.rank(); ++axis)
      result = padded(result, axis, paddings[static_cast<size_t>(2 * axis)], paddings[static_cast<size_t>(2 * axis + 1)], mode, value);
    return result;
  }];
  let reference = [{ x if x.ndim == 0 else np.pad(x, np.reshape(paddings, (-1, 2)), mode,
                                              **({'constant_values': value} if mode == 'constant' else {})) }];
  let golden = ["pad([1, 2], paddings=[1, 2], value=0) = [0, 1, 2, 0, 0]", "pad([[1]], paddings=[0, 1, 1, 0], value=7) = [[7, 1], [7, 7]]",
                "pad([1, 2, 3], paddings=[2, 1], mode=\"reflect\", value=0) = [3, 2, 1, 2, 3, 2]",
                "pad([1, 2, 3], paddings=[2, 1], mode=\"edge\", value=0) = [1, 1, 1, 2, 3, 3]", "pad([], paddings=[1, 0], value=-0.0) = [-0.0]"];
  let sample = ["pad([3, 5], paddings=[1, 2, 0, 3])", "pad([4], paddings=[3, 2], mode=\"reflect\")", "pad([2, 3], paddings=[0, 4, 1, 0], mode=\"edge\")",
                "pad([3, 4], paddings=[2, 2, 3, 1], mode=\"reflect\")", "pad([65], paddings=[64, 1])", "pad([], paddings=[])"];
  let example = ["y = etch::pad(x, {{1, 1}, {0, 2}});", "y = etch::pad(x, {{0, 1}, {2, 2}}, \"reflect\");"];
}

#endif
