// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_IMAGES
#define ETCH_OPS_IMAGES

include "ops/base.td"

def Padding : ChoiceAttrOf<"padding", ["same", "valid"], "valid">;
def Strides : IntegersAttrOf<"strides", "{1, 1}">;
def Dilations : IntegersAttrOf<"dilations", "{1, 1}">;

class Convolution<string mnemonic, list<string> names> : Opaque<mnemonic, names, [Pure]> {
  let operandDTypes = [Floats, Floats];
  let widens = 1;
}

def Conv2dOp : Convolution<"conv2d", ["x", "filters"]> {
  let summary = "Sums of products of filters with windows of images";
  let description = [{
    x is [images, height, width, channels], filters is [height, width, channels / groups, results]. Windows are strides
    apart, and the elements of one are dilations apart. With padding "valid" every window lies inside the image; with
    "same" there are ceil(extent / stride) of them, centred over the image, with the odd element of padding after it.
    What lies outside the image is skipped. With groups, each group of results sees its own group of channels.
  }];
  let attrs = [Strides, Padding, Dilations, DimAttrOf<"groups", "1">];
  let shape = "return {conv2d_type(call, x, filters, strides, padding, dilations, groups)};";
  let operations = "2 * elements(result) * filters.dims[0] * filters.dims[1] * filters.dims[2]"; // as if padding were read
  let vjp = [{
    conv2d_image_gradient(dy, filters, x.dims(), strides, padding, dilations, groups);
    conv2d_filter_gradient(x, dy, filters.dims(), strides, padding, dilations, groups)
  }];
  let reference = "convolved(x, filters, strides, padding, dilations, groups)";
  let referenceScale = "convolved(np.abs(x), np.abs(filters), strides, padding, dilations, groups)";
  let golden = ["conv2d([[[[1], [2]], [[3], [4]]]], [[[[1]], [[10]]], [[[100]], [[1000]]]]) = [[[[4321]]]]",
                "conv2d([[[[1], [2]], [[3], [4]]]], [[[[1]], [[10]]], [[[100]], [[1000]]]], padding=\"same\") = [[[[4321], [402]], [[43], [4]]]]",
                "conv2d([[[[1], [2], [3], [4]]]], [[[[1]], [[10]]]], strides=[1, 2]) = [[[[21], [43]]]]",
                "conv2d([[[[1], [2], [3], [4]]]], [[[[1]], [[10]], [[100]]]], strides=[1, 2], padding=\"same\") = [[[[321], [43]]]]",
                "conv2d([[[[1], [2], [3]]]], [[[[1]], [[10]]]], dilations=[1, 2]) = [[[[31]]]]",
                "conv2d([[[[1, 2]]]], [[[[1, 10], [100, 1000]]]]) = [[[[201, 2010]]]]",
                "conv2d([[[[1, 2]]]], [[[[1, 10, 100, 1000]]]], groups=2) = [[[[1, 10, 200, 2000]]]]",
                "conv2d([[[[inf], [1]]]], [[[[0]], [[1]], [[0]]]], padding=\"same\") = [[[[inf], [nan]]]]",
                "conv2d([[[[]]]]:f32[1,1,2,0], [[[]]]:f32[1,1,0,1]) = [[[[0], [0]]]]:f32"];
  let sample = ["conv2d([2, 5, 6, 4], [3, 3, 4, 8])", "conv2d([2, 5, 6, 4], [3, 3, 4, 8], strides=[2, 1], padding=\"same\")",
                "conv2d([1, 11, 9, 3], [3, 2, 3, 17], strides=[2, 3], padding=\"same\")", "conv2d([1, 11, 5, 3], [3, 1, 3, 33], strides=[2, 1])",
                "conv2d([11, 4, 4, 6], [2, 2, 2, 9], groups=3)", "conv2d([2, 7, 8, 5], [2, 3, 5, 1], dilations=[3, 2], padding=\"same\")",
                "conv2d([1, 4, 4, 70], [3, 3, 1, 70], groups=70, padding=\"same\")", "conv2d([2, 3, 3, 0], [2, 2, 0, 3])",
                "conv2d([0, 3, 3, 2], [2, 2, 2, 3])", "conv2d([1, 9, 9, 16], [1, 1, 16, 65])"];
  let example = ["y = etch::conv2d(etch::ones({1, 4, 4, 2}), etch::ones({3, 3, 2, 5}));",
                 "y = etch::conv2d(etch::ones({1, 4, 4, 2}), etch::ones({3, 3, 2, 5}), {2, 2}, \"same\");"];
}

// What the gradients of conv2d are made of: shape is that of x, respectively of filters.
def Conv2dImageGradientOp : Convolution<"conv2d_image_gradient", ["gradient", "filters"]> {
  let summary = "The gradient of conv2d towards its images, given that towards its result";
  let attrs = [DimsAttrOf<"shape">, Strides, Padding, Dilations, DimAttrOf<"groups", "1">];
  let isPublic = 0;
  let shape = "return {conv2d_image_type(call, gradient, filters, shape, strides, padding, dilations, groups)};";
  let operations = "2 * elements(gradient) * filters.dims[0] * filters.dims[1] * filters.dims[2]";
  let vjp = [{
    conv2d(dy, filters, strides, padding, dilations, groups);
    conv2d_filter_gradient(dy, gradient, filters.dims(), strides, padding, dilations, groups)
  }];
  let golden = ["conv2d_image_gradient([[[[1], [2]]]], [[[[1]], [[10]]]], shape=[1, 1, 3, 1]) = [[[[1], [12], [20]]]]",
                "conv2d_image_gradient([[[[1], [2]]]], [[[[1]], [[10]]]], shape=[1, 1, 5, 1], strides=[1, 3]) = [[[[1], [10], [0], [2], [20]]]]",
                "conv2d_image_gradient([[[[1], [2]]]], [[[[1]], [[10]]]], shape=[1, 1, 2, 1], padding=\"same\") = [[[[1], [12]]]]",
                "conv2d_image_gradient([[[[1, 2]]]], [[[[1, 10], [100, 1000]]]], shape=[1, 1, 1, 2]) = [[[[21, 2100]]]]"];
  let sample = ["conv2d_image_gradient([2, 3, 4, 8], [3, 3, 4, 8], shape=[2, 5, 6, 4])",
                "conv2d_image_gradient([1, 6, 3, 17], [3, 2, 3, 17], shape=[1, 11, 9, 3], strides=[2, 3], padding=\"same\")",
                "conv2d_image_gradient([11, 3, 3, 9], [2, 2, 2, 9], shape=[11, 4, 4, 6], groups=3)",
                "conv2d_image_gradient([1, 4, 4, 70], [3, 3, 1, 70], shape=[1, 4, 4, 70], groups=70, padding=\"same\")"];
}
def Conv2dFilterGradientOp : Convolution<"conv2d_filter_gradient", ["x", "gradient"]> {
  let summary = "The gradient of conv2d towards its filters, given that towards its result";
  let attrs = [DimsAttrOf<"shape">, Strides, Padding, Dilations, DimAttrOf<"groups", "1">];
  let isPublic = 0;
  let shape = "return {conv2d_filter_type(call, x, gradient, shape, strides, padding, dilations, groups)};";
  let operations = "2 * elements(gradient) * shape[0] * shape[1] * shape[2]";
  let vjp = [{
    conv2d_image_gradient(gradient, dy, x.dims(), strides, padding, dilations, groups);
    conv2d(x, dy, strides, padding, dilations, groups)
  }];
  let golden = ["conv2d_filter_gradient([[[[1], [2], [3]]]], [[[[1], [10]]]], shape=[1, 2, 1, 1]) = [[[[21]], [[32]]]]",
                "conv2d_filter_gradient([[[[1], [2]]]], [[[[1], [10]]]], shape=[1, 2, 1, 1], padding=\"same\") = [[[[21]], [[2]]]]",
                "conv2d_filter_gradient([[[[1, 2]]]], [[[[1, 10]]]], shape=[1, 1, 2, 2]) = [[[[1, 10], [2, 20]]]]"];
  let sample = ["conv2d_filter_gradient([2, 5, 6, 4], [2, 3, 4, 8], shape=[3, 3, 4, 8])",
                "conv2d_filter_gradient([1, 11, 9, 3], [1, 6, 3, 17], shape=[3, 2, 3, 17], strides=[2, 3], padding=\"same\")",
                "conv2d_filter_gradient([11, 4, 4, 6], [11, 3, 3, 9], shape=[2, 2, 2, 9], groups=3)",
                "conv2d_filter_gradient([1, 4, 4, 70], [1, 4, 4, 70], shape=[3, 3, 1, 70], groups=70, padding=\"same\")"];
}

def DepthwiseConv2dOp : Composite<"depthwise_conv2d", ["x", "filters"]> {
  let summary = "conv2d of each channel with filters of its own";
  let description = [{
    filters is [height, width, channels, multiplier]; the results of channel k are those from k * multiplier on. The
    other arguments are those of conv2d.
  }];
  let operandDTypes = [Floats, Floats];
  let widens = 1;
  let attrs = [Strides, Padding, Dilations];
  let check = "check_depthwise_conv2d(call, x, filters, strides, padding, dilations);";
  let expansion = [{
    const Dims dims = filters.dims();
    // No channel: one group of none.
    const bool none = dims[2].is(0);
    return conv2d(x, reshape(filters, Dims{dims[0], dims[1], none ? 0 : 1, dims[2] * dims[3]}), strides, padding, dilations, none ? 1 : dims[2]);
  }];
  let reference = "convolved(x, np.reshape(filters, (*filters.shape[:2], 1, -1)), strides, padding, dilations, x.shape[-1])";
  let referenceScale = "convolved(np.abs(x), np.reshape(np.abs(filters), (*filters.shape[:2], 1, -1)), strides, padding, dilations, x.shape[-1])";
  let golden = ["depthwise_conv2d([[[[1, 2], [3, 4]]]], [[[[1], [10]], [[100], [1000]]]]) = [[[[301, 4020]]]]",
                "depthwise_conv2d([[[[1, 2]]]], [[[[1, 10], [100, 1000]]]]) = [[[[1, 10, 200, 2000]]]]",
                "depthwise_conv2d([[[]]]:f32[1,1,1,0], [[[]]]:f32[1,1,0,2]) = [[[]]]:f32[1,1,1,0]"];
  let sample = ["depthwise_conv2d([2, 5, 6, 11], [3, 3, 11, 1], padding=\"same\")", "depthwise_conv2d([1, 11, 5, 33], [2, 3, 33, 1], strides=[2, 1])",
                "depthwise_conv2d([1, 4, 4, 3], [2, 2, 3, 4], dilations=[2, 1])", "depthwise_conv2d([2, 3, 3, 65], [3, 3, 65, 1], padding=\"same\")"];
  let example = ["y = etch::depthwise_conv2d(etch::ones({1, 4, 4, 2}), etch::ones({3, 3, 2, 1}), {1, 1}, \"same\");"];
}

class Pool<string mnemonic, list<string> names> : Opaque<mnemonic, names, [Pure]> {
  let widens = 1;
  list<OpAttr> windows = [IntegersAttrOf<"window">, IntegersAttrOf<"strides", "{}">, Padding];
}

def MaxPoolOp : Pool<"max_pool", ["x"]> {
  let summary = "The largest element of each window of images, channel by channel";
  let description = [{
    x is [images, height, width, channels]; window and strides are a height and a width, and no strides means those of
    the window. Padding is that of conv2d. NaN if there is one in the window.
  }];
  let attrs = windows;
  let shape = "return {pool_type(call, x, window, strides, padding)};";
  let operations = "elements(result) * window[0] * window[1]";
  let vjp = "max_pool_gradient(x, dy, window, strides, padding)";
  let reference = "np.max(windows(x, window, strides or window, padding, outside=lowest(x)), axis=(-2, -1), initial=lowest(x))";
  let golden = ["max_pool([[[[1], [5]], [[3], [4]]]], window=[2, 2]) = [[[[5]]]]",
                "max_pool([[[[1], [2], [3]]]], window=[1, 2], strides=[1, 1], padding=\"same\") = [[[[2], [3], [3]]]]",
                "max_pool([[[[1], [nan], [3]]]], window=[1, 2], strides=[1, 1]) = [[[[nan], [nan]]]]",
                "max_pool([[[[-0.0], [0]]]], window=[1, 2]) = [[[[0]]]]", "max_pool([[[[1, 8]], [[7, 2]]]]:i8, window=[2, 1]) = [[[[7, 8]]]]:i8",
                "max_pool([[[[1], [2], [3]]]], window=[1, 2], padding=\"same\") = [[[[2], [3]]]]"];
  let sample = ["max_pool([2, 5, 6, 4], window=[2, 3])", "max_pool([1, 11, 9, 17], window=[3, 3], strides=[2, 2], padding=\"same\")",
                "max_pool([11, 4, 4, 70], window=[2, 2], padding=\"same\")", "max_pool([1, 9, 7, 3], window=[4, 1], strides=[1, 3])", "max_pool([2, 3, 3, 0], window=[2, 2])"];
  let example = ["y = etch::max_pool(etch::ones({1, 4, 4, 2}), {2, 2});", "y = etch::max_pool(etch::ones({1, 4, 4, 2}), {3, 3}, {2, 2}, \"same\");"];
}

def AvgPoolOp : Pool<"avg_pool", ["x"]> {
  let summary = "The mean of each window of images, channel by channel";
  let description = [{
    x is [images, height, width, channels]; window and strides are a height and a width, and no strides means those of
    the window. Padding is that of conv2d; only elements inside the image count.
  }];
  let operandDTypes = [Floats];
  let attrs = windows;
  let shape = "return {pool_type(call, x, window, strides, padding)};";
  let operations = "elements(result) * window[0] * window[1]";
  let vjp = "avg_pool_gradient(dy, x.dims(), window, strides, padding)";
  let reference = [{ np.sum(windows(x, window, strides or window, padding), axis=(-2, -1))
        / (n := np.sum(windows(np.ones_like(x), window, strides or window, padding), axis=(-2, -1))) }];
  let referenceScale = "np.sum(windows(np.abs(x), window, strides or window, padding), axis=(-2, -1)) / n";
  let golden = ["avg_pool([[[[1], [5]], [[3], [3]]]], window=[2, 2]) = [[[[3]]]]",
                "avg_pool([[[[1], [2], [3]]]], window=[1, 2], strides=[1, 1], padding=\"same\") = [[[[1.5], [2.5], [3]]]]",
                "avg_pool([[[[-0.0], [-0.0]]]], window=[1, 2]) = [[[[-0.0]]]]"];
  let sample = ["avg_pool([2, 5, 6, 4], window=[2, 3])", "avg_pool([1, 11, 9, 17], window=[3, 3], strides=[2, 2], padding=\"same\")",
                "avg_pool([11, 4, 4, 70], window=[2, 2], padding=\"same\")", "avg_pool([1, 9, 7, 3], window=[4, 1], strides=[1, 3])", "avg_pool([2, 3, 3, 0], window=[2, 2])"];
  let example = ["y = etch::avg_pool(etch::ones({1, 4, 4, 2}), {2, 2});"];
}

// What the gradients of the pools are made of.
def MaxPoolGradientOp : Pool<"max_pool_gradient", ["x", "gradient"]> {
  let summary = "The gradient of max_pool: each window's to its first largest element, or first NaN";
  let operandDTypes = [Floats, Floats];
  let attrs = windows;
  let isPublic = 0;
  let shape = "check_pool_gradient(call, x, gradient, window, strides, padding); return {x};";
  let operations = "elements(gradient) * window[0] * window[1]";
  let vjp = "; max_pool_pick(x, dy, window, strides, padding)";
  let golden = ["max_pool_gradient([[[[1], [5], [5], [2]]]], [[[[10], [100]]]], window=[1, 2]) = [[[[0], [10], [100], [0]]]]",
                "max_pool_gradient([[[[1], [5], [5], [2]]]], [[[[1], [10], [100]]]], window=[1, 2], strides=[1, 1]) = [[[[0], [11], [100], [0]]]]",
                "max_pool_gradient([[[[1], [nan], [3]]]], [[[[1], [10]]]], window=[1, 2], strides=[1, 1]) = [[[[0], [11], [0]]]]",
                "max_pool_gradient([[[[0], [-0.0]]]], [[[[1]]]], window=[1, 2]) = [[[[1], [0]]]]"];
  let sample = ["max_pool_gradient([2, 5, 6, 4], [2, 2, 2, 4], window=[2, 3])",
                "max_pool_gradient([1, 11, 9, 17], [1, 6, 5, 17], window=[3, 3], strides=[2, 2], padding=\"same\")",
                "max_pool_gradient([11, 4, 4, 70], [11, 3, 3, 70], window=[2, 2], strides=[1, 1])"];
}
def MaxPoolPickOp : Pool<"max_pool_pick", ["x", "values"]> {
  let summary = "Of each window the value that stands where the first largest element of x does, or its first NaN";
  let operandDTypes = [Floats, Floats];
  let attrs = windows;
  let isPublic = 0;
  let shape = "return {pool_pick_type(call, x, values, window, strides, padding)};";
  let operations = "elements(result) * window[0] * window[1]";
  let vjp = "; max_pool_gradient(x, dy, window, strides, padding)";
  let golden = ["max_pool_pick([[[[1], [5], [5], [2]]]], [[[[10], [20], [30], [40]]]], window=[1, 2]) = [[[[20], [30]]]]",
                "max_pool_pick([[[[1], [nan], [3]]]], [[[[10], [20], [30]]]], window=[1, 2], strides=[1, 1]) = [[[[20], [20]]]]",
                "max_pool_pick([[[[0], [-0.0]]]], [[[[1], [2]]]], window=[1, 2]) = [[[[1]]]]"];
  let sample = ["max_pool_pick([2, 5, 6, 4], [2, 5, 6, 4], window=[2, 3])",
                "max_pool_pick([1, 11, 9, 17], [1, 11, 9, 17], window=[3, 3], strides=[2, 2], padding=\"same\")",
                "max_pool_pick([11, 4, 4, 70], [11, 4, 4, 70], window=[2, 2], strides=[1, 1])"];
}
def AvgPoolGradientOp : Pool<"avg_pool_gradient", ["gradient"]> {
  let summary = "The gradient of avg_pool: each window's shared by its elements";
  let operandDTypes = [Floats];
  let attrs = !listconcat([DimsAttrOf<"shape">], windows);
  let isPublic = 0;
  let shape = "return {avg_pool_image_type(call, gradient, shape, window, strides, padding)};";
  let operations = "elements(gradient) * window[0] * window[1]";
  let vjp = "avg_pool(dy, window, strides, padding)";
  let golden = ["avg_pool_gradient([[[[2], [20]]]], shape=[1, 1, 4, 1], window=[1, 2]) = [[[[1], [1], [10], [10]]]]",
                "avg_pool_gradient([[[[2], [20]]]], shape=[1, 1, 3, 1], window=[1, 2], padding=\"same\") = [[[[1], [1], [20]]]]",
                "avg_pool_gradient([[[[2], [20]]]], shape=[1, 1, 3, 1], window=[1, 2], strides=[1, 1]) = [[[[1], [11], [10]]]]"];
  let sample = ["avg_pool_gradient([2, 2, 2, 4], shape=[2, 5, 6, 4], window=[2, 3])",
                "avg_pool_gradient([1, 6, 5, 17], shape=[1, 11, 9, 17], window=[3, 3], strides=[2, 2], padding=\"same\")",
                "avg_pool_gradient([11, 3, 3, 70], shape=[11, 4, 4, 70], window=[2, 2], strides=[1, 1])"];
}

#endif
