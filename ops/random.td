// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_RANDOM
#define ETCH_OPS_RANDOM

include "ops/base.td"

// What etch/random.h is made of: draws as pure functions of a generator's state {counter, stream, key}, three numbers of
// 64 bits. docs/numerics.md, section 13, says which bits become which number.
def StateDType : DTypes<["i64"]>;
defvar ofState = ["state"];

def RandomBitsOp : Opaque<"random_bits", ofState, [Pure]> {
  let summary = "The leading digits of each word of Philox4x32-10, as a number that is not negative unless it has them all";
  let description = [{
    Words of 32 bits (i32) or two such, the lower one first (i64). Element i depends on the state and on i alone. Block b
    of a draw is Philox's of key `key` and counter (counter + b, stream).
  }];
  let operandDTypes = [StateDType];
  let attrs = [DimsAttrOf<"shape">, IntegerAttrOf<"digits">, DTypeAttrOf<"dtype", "DType::i32", DTypes<["i32", "i64"]>>];
  let result = "dtype";
  let isPublic = 0;
  let shape = "return {random_bits_type(call, state, shape, digits, dtype)};";
  let reference = "random_bits(state, shape, digits, dtype)";
  // The first two are of Random123's kat_vectors.
  let golden = ["random_bits([0, 0, 0]:i64, shape=[4], digits=32, dtype=i32) = [1713891541, -513161843, -1135104948, -1694442536]:i32",
                "random_bits([-1, -1, -1]:i64, shape=[4], digits=32, dtype=i32) = [1083123565, 1103641358, -1576286266, 1834242557]:i32",
                "random_bits([0, 0, 0]:i64, shape=[2, 1], digits=8, dtype=i32) = [[102], [225]]:i32",
                "random_bits([0, 0, 0]:i64, shape=[2], digits=40, dtype=i64) = [968142196070, 665734338748]:i64",
                "random_bits([7, 8, 9]:i64, shape=[0, 2], digits=1, dtype=i32) = []:i32[0,2]"];
  let sample = ["random_bits([3], shape=[7], digits=32, dtype=i32)", "random_bits([3], shape=[5, 13], digits=24, dtype=i32)",
                "random_bits([3], shape=[3, 7, 11], digits=64, dtype=i64)", "random_bits([3], shape=[], digits=53, dtype=i64)",
                "random_bits([3], shape=[4, 0], digits=1, dtype=i32)", "random_bits([3], shape=[40000], digits=31, dtype=i32)"];
}

class Draw<string mnemonic, list<string> names = ofState, list<Trait> traits = [Pure]> : Composite<mnemonic, names, traits> {
  let operandDTypes = !listconcat(!listsplat(Floats, !sub(!size(names), 1)), [StateDType]);
  let sameDTypes = 0;
  let isPublic = 0;
}

def RandomAdvanceOp : Draw<"random_advance"> {
  let summary = "The state after a draw of a number of words for each element of a shape: the first block that is not begun";
  let attrs = [DimsAttrOf<"shape">, IntegerAttrOf<"words", "1">];
  let check = "check_random_advance(call, state, shape, words);";
  let expansion = [{
    const T count = extent(context, extent_along(shape, {}), DType::i64);
    const T blocks = count * (words / 4) + floordiv(count * (words % 4) + 3, 4);
    return state + where(iota(context, 3, DType::i64) == 0, blocks, 0);
  }];
  let reference = "state + np.array([-(-int(np.prod(shape)) * words // 4), 0, 0])";
  let golden = ["random_advance([5, 6, 7]:i64, shape=[3, 3], words=1) = [8, 6, 7]:i64", "random_advance([5, 6, 7]:i64, shape=[2, 2], words=2) = [7, 6, 7]:i64",
                "random_advance([-1, 6, 7]:i64, shape=[], words=1) = [0, 6, 7]:i64", "random_advance([5, 6, 7]:i64, shape=[0, 3], words=4) = [5, 6, 7]:i64"];
  let sample = ["random_advance([3], shape=[7, 9], words=1)", "random_advance([3], shape=[11], words=2)", "random_advance([3], shape=[3, 5], words=4)"];
}

def RandomUniformOp : Draw<"random_uniform"> {
  let summary = "Numbers spread evenly over [minval, maxval)";
  let description = "Before they are scaled they are multiples of 2^-p, p being the binary digits of the dtype.";
  let attrs = [DimsAttrOf<"shape">, ScalarAttrOf<"minval", "0", Floats>, ScalarAttrOf<"maxval", "1", Floats>, DTypeAttrOf<"dtype", "DType::f32", Floats>];
  let result = "dtype";
  let check = "check_random_uniform(call, state, shape, minval, maxval, dtype);";
  let expansion = [{
    const T unit = random_unit(state, shape, dtype);
    const double least = minval.as_double(), width = maxval.as_double() - least;
    if (least == 0 && width == 1)
      return unit;
    // The sum may round to maxval itself.
    const T scaled = unit * width + least;
    return where(scaled < maxval, scaled, least);
  }];
  let reference = "random_uniform(state, shape, minval, maxval, result_dtype)";
  let referenceScale = "abs(minval) + abs(maxval)";
  let golden = ["random_uniform([0, 0, 0]:i64, shape=[2], minval=0, maxval=1, dtype=f32) = [0.399046421051025390625, 0.880520164966583251953125]:f32",
                "random_uniform([0, 0, 0]:i64, shape=[2], minval=0, maxval=1, dtype=bf16) = [0.3984375, 0.87890625]:bf16"];
  let sample = ["random_uniform([3], shape=[5, 7], minval=-1, maxval=2, dtype=f32)", "random_uniform([3], shape=[11, 3], minval=0, maxval=1, dtype=f64)",
                "random_uniform([3], shape=[100], minval=100, maxval=101, dtype=f16)", "random_uniform([3], shape=[], minval=-3, maxval=-2.5, dtype=bf16)",
                "random_uniform([3], shape=[3000], minval=0, maxval=1, dtype=f32)"];
}

class Normal<string mnemonic> : Draw<mnemonic> {
  let attrs = [DimsAttrOf<"shape">, ScalarAttrOf<"mean", "0", Floats>, ScalarAttrOf<"stddev", "1", Floats>, DTypeAttrOf<"dtype", "DType::f32", Floats>];
  let result = "dtype";
  let check = "check_random_normal(call, state, shape, mean, stddev, dtype);";
  let referenceScale = "abs(mean) + 8 * abs(stddev)";
}
def RandomNormalOp : Normal<"random_normal"> {
  let summary = "Numbers of the normal distribution";
  let description = "By the transform of Box and Muller from two numbers each. f16 and bf16 are computed in f32.";
  let expansion = "return cast(random_bell(state, shape, dtype) * stddev + mean, dtype);";
  let reference = "random_normal(state, shape, mean, stddev, result_dtype)";
  let golden = ["random_normal([0, 0, 0]:i64, shape=[2], mean=0, stddev=1, dtype=f64) = [-0.397667538444182123, 1.38684442710283773]:f64"];
  let sample = ["random_normal([3], shape=[5, 7], mean=-1, stddev=2, dtype=f32)", "random_normal([3], shape=[11, 3], mean=0, stddev=1, dtype=f64)",
                "random_normal([3], shape=[100], mean=100, stddev=0, dtype=f16)", "random_normal([3], shape=[3, 0], mean=0, stddev=0.5, dtype=bf16)",
                "random_normal([3], shape=[3000], mean=0, stddev=1, dtype=f32)"];
}
def RandomTruncatedNormalOp : Normal<"random_truncated_normal"> {
  let summary = "Numbers of the normal distribution without what lies more than two standard deviations from the mean";
  let description = "By the inverse of the distribution function from one number each. f16 and bf16 are computed in f32.";
  let expansion = "return cast(random_truncated_bell(state, shape, dtype) * stddev + mean, dtype);";
  let reference = "random_truncated_normal(state, shape, mean, stddev, result_dtype)";
  let golden = ["random_truncated_normal([0, 0, 0]:i64, shape=[2], mean=0, stddev=1, dtype=f64) = [1.09483907766534072, 0.255113811995515638]:f64"];
  let sample = ["random_truncated_normal([3], shape=[5, 7], mean=-1, stddev=2, dtype=f32)", "random_truncated_normal([3], shape=[11, 3], mean=0, stddev=1, dtype=f64)",
                "random_truncated_normal([3], shape=[100], mean=100, stddev=0, dtype=f16)", "random_truncated_normal([3], shape=[3, 0], mean=0, stddev=0.5, dtype=bf16)"];
}

def RandomIntOp : Draw<"random_int"> {
  let summary = "Integers spread evenly over [minval, maxval)";
  let description = [{
    By the high half of a product, from 64 bits for up to 2^32 values and from 128 for more: no value's probability is
    off by more than 2^-32 of itself.
  }];
  let attrs = [DimsAttrOf<"shape">, IntegerAttrOf<"minval">, IntegerAttrOf<"maxval">, DTypeAttrOf<"dtype", "DType::i64", Integers>];
  let result = "dtype";
  let check = "check_random_int(call, state, shape, minval, maxval, dtype);";
  let expansion = "return cast(random_below(state, shape, random_range(minval, maxval)) + minval, dtype);";
  let reference = "random_int(state, shape, minval, maxval)";
  let golden = ["random_int([0, 0, 0]:i64, shape=[2], minval=0, maxval=10, dtype=i64) = [8, 6]:i64",
                "random_int([0, 0, 0]:i64, shape=[2], minval=-5, maxval=5, dtype=i8) = [3, 1]:i8"];
  let sample = ["random_int([3], shape=[5, 7], minval=-3, maxval=4, dtype=i64)", "random_int([3], shape=[11, 3], minval=0, maxval=256, dtype=u8)",
                "random_int([3], shape=[100], minval=-2147483648, maxval=2147483648, dtype=i32)", "random_int([3], shape=[2, 3], minval=7, maxval=8, dtype=i16)",
                "random_int([3], shape=[50], minval=-9000000000000000000, maxval=9000000000000000000, dtype=i64)"];
}

def RandomBernoulliOp : Draw<"random_bernoulli", ["p", "state"]> {
  let summary = "1 with probability p, else 0";
  let description = "Where a uniform number of p's dtype (f32 for f16 and bf16) is less than p, which broadcasts to the shape.";
  let attrs = [DimsAttrOf<"shape">, DTypeAttrOf<"dtype", "DType::boolean">];
  let result = "dtype";
  let check = "check_random_bernoulli(call, p, state, shape);";
  let expansion = [{
    const DType wide = p.dtype() == DType::f64 ? DType::f64 : DType::f32;
    return cast(random_unit(state, shape, wide) < broadcast_to(cast(p, wide), shape), dtype);
  }];
  let reference = "random_unit(state, shape, wide(dtype_of[\"p\"])) < p";
  let golden = ["random_bernoulli([0.39, 0.89]:f32, [0, 0, 0]:i64, shape=[2], dtype=bool) = [false, true]:bool",
                "random_bernoulli([0.4]:f32, [0, 0, 0]:i64, shape=[1], dtype=i32) = [1]:i32"];
  let sample = ["random_bernoulli([], [3], shape=[5, 7])", "random_bernoulli([7], [3], shape=[5, 7], dtype=f32)", "random_bernoulli([2, 1], [3], shape=[2, 9], dtype=i64)"];
}

def RandomCategoricalOp : Draw<"random_categorical", ["logits", "state"]> {
  let summary = "For each row of logits, samples of a class, whose probability is that of softmax(logits), as i64";
  let description = "By the largest of logits + Gumbel noise, the first of several. A class at -inf is not drawn beside others.";
  let attrs = [DimAttrOf<"samples">];
  let check = "check_random_categorical(call, logits, state, samples);";
  let expansion = [{
    const DType wide = logits.dtype() == DType::f64 ? DType::f64 : DType::f32;
    Dims dims = logits.dims();
    dims.insert(dims.end() - 1, samples);
    return argmax(expand_dims(cast(logits, wide), -2) + random_gumbel(state, dims, wide), -1);
  }];
  let reference = "random_categorical(logits, state, samples, dtype_of[\"logits\"])";
  let golden = ["random_categorical([[0, -inf, -inf], [-inf, -inf, 5]], [0, 0, 0]:i64, samples=2) = [[0, 0], [2, 2]]:i64",
                "random_categorical([1, 2], [0, 0, 0]:i64, samples=0) = []:i64"];
  let sample = ["random_categorical([5, 4], [3], samples=6)", "random_categorical([3], [3], samples=100)", "random_categorical([2, 1, 70], [3], samples=1)"];
}

def ShuffleOp : Draw<"shuffle", ["x", "state"], [MemoryEffects<[MemWrite<Etch_Stream>]>]> {
  let summary = "The slices of x along the first axis in another order, each order being equally likely";
  let operandDTypes = [AnyDType, StateDType];
  let check = "check_shuffle(call, x, state);";
  let expansion = "return gather(x, argsort(random_bits(state, Dims{x.dim(0)}, 64, DType::i64)), 0);";
  let reference = "x[np.argsort(random_bits(state, x.shape[:1], 64, np.dtype(np.int64)), kind=\"stable\")]";
  let golden = ["shuffle([1, 2, 3], [0, 0, 0]:i64) = [2, 1, 3]", "shuffle([], [0, 0, 0]:i64) = []"];
  let sample = ["shuffle([7], [3])", "shuffle([11, 3], [3])", "shuffle([1000], [3])", "shuffle([0, 2], [3])"];
}

def DropoutOp : Draw<"dropout", ["x", "state"]> {
  let summary = "x / (1 - rate) where a uniform number of f32 is at least rate, elsewhere 0";
  let description = "After Srivastava and others, Dropout, 2014.";
  let attrs = [ScalarAttrOf<"rate", "", Floats>];
  let vjp = "dropout(dy, state, rate); ";
  let check = "check_dropout(call, state, rate);";
  let expansion = [{
    const double chance = rate.as_double();
    return where(random_unit(state, x.dims(), DType::f32) >= chance, x / (1 - chance), 0.0);
  }];
  let reference = "np.where(random_unit(state, x.shape, \"f32\") >= np.float32(rate), x / (1 - rate), 0)";
  let golden = ["dropout([1, 2, -3, nan], [0, 0, 0]:i64, rate=0.5) = [0, 4, -6, nan]", "dropout([1, inf], [0, 0, 0]:i64, rate=0) = [1, inf]"];
  let sample = ["dropout([7], [3], rate=0.5)", "dropout([11, 3], [3], rate=0.1)", "dropout([], [3], rate=0)", "dropout([3, 5000], [3], rate=0.9)"];
}

#endif
