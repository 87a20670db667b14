// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include <string>

/// The shape rules: one per record class, and the functions that records' `shape` and `check` texts call. All of them
/// report the caller's mistake as Error with the op's name first.
namespace etch::ops {

namespace rules {
std::vector<TensorType> elementwise(const InferCall &call);
std::vector<TensorType> contraction(const InferCall &call);
std::vector<TensorType> reduction(const InferCall &call);
std::vector<TensorType> movement(const InferCall &call);
/// Types of a composite's results: its expansion, read over types.
std::vector<TensorType> composite(const InferCall &call);
} // namespace rules

/// An inner op's error as one of the op that the user called and whose expansion it is in.
Error renamed(const Error &error, const OpDef &inner, const OpDef &outer);

/// "f32[2,3]" for one operand, "a: f32[2,3] and b: f32[4]" for several.
std::string operands_text(const InferCall &call);
/// "f32 or f64", from a bit mask.
std::string dtypes_text(uint16_t mask);
inline bool allows(uint16_t mask, DType dtype) { return is_dtype(dtype) && (mask >> static_cast<int>(dtype) & 1); }

/// "[2,-1]".
std::string list_text(const std::vector<int64_t> &values);
std::string list_text(const Dims &dims);

/// The dtype of a result as OpDef::result_dtype says.
DType result_dtype(const InferCall &call);
/// NumPy's broadcast of two shapes; nullopt where extents differ.
std::optional<Dims> broadcast(const Dims &a, const Dims &b, InferContext &context, Location location);

/// An axis counted from the front; Error unless it lies in [-rank, rank).
int64_t normalized_axis(const InferCall &call, int64_t axis, int rank);
/// Sorted axes counted from the front, all of them for an empty list; Error for duplicates.
std::vector<int64_t> normalized_axes(const InferCall &call, const std::vector<int64_t> &axes, int rank);
/// Dimensions the user wrote; Error when one is negative.
Dims given_dims(const InferCall &call, const Dims &dims);

Dims reshape_dims(const InferCall &call, const TensorType &x, const Dims &shape);
Dims transpose_dims(const InferCall &call, const TensorType &x, const std::vector<int64_t> &permutation);
Dims broadcast_to_dims(const InferCall &call, const TensorType &x, const Dims &shape);
Dims slice_dims(const InferCall &call, const TensorType &x, const Dims &begin, const Dims &size);
Dims concat_dims(const InferCall &call, std::span<const TensorType> xs, int64_t axis);
Dims expand_dims(const InferCall &call, const TensorType &x, int64_t axis);
Dims squeeze_dims(const InferCall &call, const TensorType &x, const std::vector<int64_t> &axes);
void check_stack(const InferCall &call, std::span<const TensorType> xs, int64_t axis);
void check_tile(const InferCall &call, const TensorType &x, const std::vector<int64_t> &multiples);
/// The permutation itself; the reverse order for none.
std::vector<int64_t> full_permutation(const std::vector<int64_t> &permutation, int rank);

/// The dimensions without two axes, then their common extent.
Dims diagonal_dims(const InferCall &call, const TensorType &x, int64_t axis1, int64_t axis2);
/// paddings: before and after, axis by axis.
void check_pad(const InferCall &call, const TensorType &x, const std::vector<int64_t> &paddings,
               const std::string &mode, const Scalar &value);

TensorType gather_type(const InferCall &call, const TensorType &params, const TensorType &indices, int64_t axis);
/// Updates of the destination's dtype.
void check_updates(const InferCall &call, const TensorType &destination, const TensorType &updates);
/// The destination's, for updates of the shape that gather would give.
TensorType scatter_type(const InferCall &call, const TensorType &destination, const TensorType &indices,
                        const TensorType &updates, int64_t axis);
/// Shapes that agree but for the axis.
void check_along_axis(const InferCall &call, const TensorType &x, const TensorType &indices, int64_t axis);
TensorType add_along_axis_type(const InferCall &call, const TensorType &destination, const TensorType &indices,
                               const TensorType &updates, int64_t axis);
void check_segments(const InferCall &call, const TensorType &x, const TensorType &ids, const Dim &count);
TensorType top_k_type(const InferCall &call, const TensorType &x, int64_t k);

// Windows over images: [images, height, width, channels].
TensorType conv2d_type(const InferCall &call, const TensorType &x, const TensorType &filters,
                       const std::vector<int64_t> &strides, const std::string &padding,
                       const std::vector<int64_t> &dilations, const Dim &groups);
/// x of a conv2d, whose dimensions are `shape`.
TensorType conv2d_image_type(const InferCall &call, const TensorType &gradient, const TensorType &filters,
                             const Dims &shape, const std::vector<int64_t> &strides, const std::string &padding,
                             const std::vector<int64_t> &dilations, const Dim &groups);
/// The filters of a conv2d, whose dimensions are `shape`.
TensorType conv2d_filter_type(const InferCall &call, const TensorType &x, const TensorType &gradient, const Dims &shape,
                              const std::vector<int64_t> &strides, const std::string &padding,
                              const std::vector<int64_t> &dilations, const Dim &groups);
void check_depthwise_conv2d(const InferCall &call, const TensorType &x, const TensorType &filters,
                            const std::vector<int64_t> &strides, const std::string &padding,
                            const std::vector<int64_t> &dilations);
/// No strides: those of the window.
TensorType pool_type(const InferCall &call, const TensorType &x, const std::vector<int64_t> &window,
                     const std::vector<int64_t> &strides, const std::string &padding);
TensorType pool_pick_type(const InferCall &call, const TensorType &x, const TensorType &values,
                          const std::vector<int64_t> &window, const std::vector<int64_t> &strides,
                          const std::string &padding);
void check_pool_gradient(const InferCall &call, const TensorType &x, const TensorType &gradient,
                         const std::vector<int64_t> &window, const std::vector<int64_t> &strides,
                         const std::string &padding);
TensorType avg_pool_image_type(const InferCall &call, const TensorType &gradient, const Dims &shape,
                               const std::vector<int64_t> &window, const std::vector<int64_t> &strides,
                               const std::string &padding);

// Functions.
void check_split(const InferCall &call, const TensorType &x, int64_t count, int64_t axis);
Dims piece_extents(const InferCall &call, const TensorType &x, const std::vector<int64_t> &sizes, int64_t axis);
void check_unstack(const InferCall &call, const TensorType &x, int64_t axis);
void check_matrix(const InferCall &call, const TensorType &x);
/// An equation that can be read and fits the operands.
void check_einsum(const InferCall &call, std::span<const TensorType> xs, const std::string &equation);
void check_tensordot(const InferCall &call, const TensorType &a, const TensorType &b, int64_t count);
void check_tensordot(const InferCall &call, const TensorType &a, const TensorType &b,
                     const std::vector<int64_t> &a_axes, const std::vector<int64_t> &b_axes);

// Linear algebra, on the matrices in the last two dimensions.

/// The first operand's type, with one extent for rows and columns.
TensorType square_type(const InferCall &call, const TensorType &x);
TensorType determinant_type(const InferCall &call, const TensorType &x);
TensorType solution_type(const InferCall &call, const TensorType &a, const TensorType &b);
/// Factors one after the other in the last dimension.
TensorType qr_type(const InferCall &call, const TensorType &x, bool full_matrices);
TensorType svd_type(const InferCall &call, const TensorType &x, bool full_matrices);
TensorType eigh_type(const InferCall &call, const TensorType &x);
void check_norm(const InferCall &call, const TensorType &x, const std::vector<int64_t> &axes, const Scalar &order);

// Random numbers, drawn from a generator's state {counter, stream, key}.
void check_random_state(const InferCall &call, const TensorType &state);
TensorType random_bits_type(const InferCall &call, const TensorType &state, const Dims &shape, int64_t digits,
                            DType dtype);
void check_random_advance(const InferCall &call, const TensorType &state, const Dims &shape, int64_t words);
void check_random_uniform(const InferCall &call, const TensorType &state, const Dims &shape, const Scalar &minval,
                          const Scalar &maxval, DType dtype);
void check_random_normal(const InferCall &call, const TensorType &state, const Dims &shape, const Scalar &mean,
                         const Scalar &stddev, DType dtype);
void check_random_int(const InferCall &call, const TensorType &state, const Dims &shape, int64_t minval, int64_t maxval,
                      DType dtype);
void check_random_bernoulli(const InferCall &call, const TensorType &p, const TensorType &state, const Dims &shape);
void check_random_categorical(const InferCall &call, const TensorType &logits, const TensorType &state,
                              const Dim &samples);
void check_shuffle(const InferCall &call, const TensorType &x, const TensorType &state);
void check_dropout(const InferCall &call, const TensorType &state, const Scalar &rate);

TensorType argmax_type(const InferCall &call, const TensorType &x, int64_t axis, bool keep_dims);
std::vector<TensorType> check_assignment(const InferCall &call, const TensorType &variable, const TensorType &value);
/// The first value is the condition.
std::vector<TensorType> check_elements(const InferCall &call, std::span<const TensorType> values);
std::vector<TensorType> check_check(const InferCall &call, std::span<const TensorType> values,
                                    const std::string &message);
std::vector<TensorType> check_print(const InferCall &call, std::span<const TensorType> values,
                                    const std::string &format);
void check_range(const InferCall &call, const Scalar &start, const Scalar &limit, const Scalar &delta, DType dtype);
/// Axes that exist and a number of degrees of freedom that is not negative.
void check_ddof(const InferCall &call, const std::vector<int64_t> &axes, int64_t ddof, int rank);
/// Rank 1 or more.
void check_has_axis(const InferCall &call, const TensorType &x);
void check_cross_entropy(const InferCall &call, const TensorType &logits, const TensorType &labels);

// What expansions compute with dimensions.

/// ceil((limit - start) / delta), 0 if negative. Requires check_range().
int64_t range_count(const Scalar &start, const Scalar &limit, const Scalar &delta);
/// The product of the dimensions along axes; of all for none.
Dim extent_along(const Dims &dims, const std::vector<int64_t> &axes);
/// True when the dtype holds 0 … count - 1.
bool counts_to(DType dtype, const Dim &count);
/// The extents of the pieces of an axis of this extent; a size of -1 takes what the others leave.
Dims piece_extents(const std::vector<int64_t> &sizes, const Dim &extent);
/// The last or first `count` axes.
std::vector<int64_t> last_axes(int rank, int64_t count);
std::vector<int64_t> first_axes(int64_t count);
Dims appended(Dims dims, const Dim &last);
/// Rows and columns of square matrices.
Dim square_extent(const Dims &dims);
/// The smaller one, whatever their values will be.
Dim smaller_of(const Dim &a, const Dim &b);
/// Error (unsupported) where a gradient is asked for that is not defined.
void require_unique(bool is_unique, const char *function);
/// How many elements a roll takes from the end: shift modulo the extent, where that is known.
Dim rolled_places(const Dim &extent, int64_t shift);

} // namespace etch::ops
