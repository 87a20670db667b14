// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_LINEAR_ALGEBRA
#define ETCH_OPS_LINEAR_ALGEBRA

include "ops/base.td"
include "ops/statistics.td"

// All of them compute in f64 and round f32 results once; see docs/numerics.md, section 10.
def MatrixDTypes : DTypes<["f32", "f64"]>;

// Ops on the matrices in the last two dimensions of their operands, each on its own.
class OnMatrices<string mnemonic, list<string> names, list<Trait> traits = [Pure]> : Opaque<mnemonic, names, traits> {
  let operandDTypes = !listsplat(MatrixDTypes, !size(names));
}
// Those that may meet a matrix for which there is no result. Failures happen in program order.
class OnSomeMatrices<string mnemonic, list<string> names> : OnMatrices<mnemonic, names, [MemoryEffects<[MemWrite<Etch_Stream>]>]> {
  let mayFail = 1;
  // m is the matrix that is factored; the reference names it.
  let referenceScale = [{ 0 if y.size == 0 else
        np.linalg.cond(m)[..., np.newaxis, np.newaxis] * np.max(np.abs(y), axis=(-2, -1), keepdims=True) }];
}

def CholeskyOp : OnSomeMatrices<"cholesky", ["x"]> {
  let summary = "The lower triangular matrix l with a positive diagonal for which l matmul transpose(l) is x";
  let description = [{
    Of each matrix in the last two dimensions only the lower triangle is read; above its diagonal the result is 0. A
    matrix that is not positive definite is an error, and so is one with NaN or an infinity. The gradient belongs to the
    lower triangle.
  }];
  let shape = "return {square_type(call, x)};";
  let vjp = "cholesky_vjp(y, dy)";
  let reference = "np.linalg.cholesky(m := x)";
  let golden = ["cholesky([[4, 2], [2, 5]]) = [[2, 0], [1, 2]]", "cholesky([[4, nan], [2, 5]]) = [[2, 0], [1, 2]]",
                "cholesky([[[9]], [[0.25]]]) = [[[3]], [[0.5]]]", "cholesky([]:f32[0,0]) = []:f32[0,0]"];
  let sample = ["cholesky([2, 1, 1])", "cholesky([3, 3])", "cholesky([4, 0, 0])"];
  let example = ["y = etch::cholesky(etch::eye(2));"];
}

def SolveOp : OnSomeMatrices<"solve", ["a", "b"]> {
  let summary = "The x for which a matmul x is b";
  let description = [{
    a has square matrices in its last two dimensions, b has as many rows; leading dimensions broadcast. With adjoint the
    equation is transpose(a) matmul x = b. Solved by an LU decomposition with partial pivoting. A matrix with a pivot that
    is exactly 0 is an error; NaN and infinities are none and go into the result.
  }];
  let attrs = [BoolAttrOf<"adjoint">];
  let shape = "return {solution_type(call, a, b)};";
  let vjp = [{
    sum_to(coefficients_vjp(solve(a, dy, !adjoint), y, adjoint), a);
    sum_to(solve(a, dy, !adjoint), b)
  }];
  let reference = "np.linalg.solve(m := turned(a, adjoint), b)";
  let golden = ["solve([[0, 2], [4, 1]], [[2], [9]]) = [[2], [1]]", "solve([[0, 2], [4, 1]], [[4], [3]], adjoint=true) = [[1], [1]]",
                "solve([[2, 0], [0, 4]], [[[2], [4]], [[6], [8]]]) = [[[1], [1]], [[3], [2]]]", "solve([]:f32[0,0], []:f32[0,2]) = []:f32[0,2]"];
  let sample = ["solve([3, 3], [3, 2])", "solve([5, 5], [2, 5, 1], adjoint=true)", "solve([2, 1, 4, 4], [3, 4, 1])", "solve([3, 2, 2], [3, 2, 0])"];
  let example = ["y = etch::solve(etch::eye(2), b);"];
}

def TriangularSolveOp : OnSomeMatrices<"triangular_solve", ["a", "b"]> {
  let summary = "The x for which a matmul x is b, where a is triangular";
  let description = [{
    a has square matrices in its last two dimensions, of which only the lower triangle is read, or the upper one unless
    lower; b has as many rows; leading dimensions broadcast. With adjoint the equation is transpose(a) matmul x = b. A 0
    on the diagonal is an error; NaN and infinities are none and go into the result.
  }];
  let attrs = [BoolAttrOf<"lower", "true">, BoolAttrOf<"adjoint">];
  let shape = "return {solution_type(call, a, b)};";
  let vjp = [{
    sum_to(triangle_of(coefficients_vjp(triangular_solve(a, dy, lower, !adjoint), y, adjoint), lower), a);
    sum_to(triangular_solve(a, dy, lower, !adjoint), b)
  }];
  let reference = "np.linalg.solve(m := turned(np.tril(a) if lower else np.triu(a), adjoint), b)";
  let golden = ["triangular_solve([[2, nan], [1, 4]], [[4], [10]]) = [[2], [2]]", "triangular_solve([[2, 1], [nan, 4]], [[5], [8]], lower=false) = [[1.5], [2]]",
                "triangular_solve([[2, nan], [1, 4]], [[5], [8]], adjoint=true) = [[1.5], [2]]",
                "triangular_solve([[2, 1], [nan, 4]], [[4], [10]], lower=false, adjoint=true) = [[2], [2]]"];
  let sample = ["triangular_solve([3, 3], [3, 2])", "triangular_solve([5, 5], [2, 5, 1], lower=false)", "triangular_solve([2, 1, 4, 4], [3, 4, 1], adjoint=true)",
                "triangular_solve([3, 2, 2], [3, 2, 0])"];
  let example = ["y = etch::triangular_solve(etch::eye(2), b);"];
}

def InvOp : OnSomeMatrices<"inv", ["x"]> {
  let summary = "The inverse of each square matrix in the last two dimensions";
  let description = [{
    By an LU decomposition with partial pivoting. A matrix with a pivot that is exactly 0 is an error; NaN and infinities
    are none and go into the result. solve(a, b) is faster and more accurate than inv(a) matmul b.
  }];
  let shape = "return {square_type(call, x)};";
  let vjp = "-matmul(swap_last(y), matmul(dy, swap_last(y)))";
  let reference = "np.linalg.inv(m := x)";
  let golden = ["inv([[0, 2], [4, 0]]) = [[0, 0.25], [0.5, 0]]", "inv([[[2]], [[-4]]]) = [[[0.5]], [[-0.25]]]", "inv([]:f32[0,0]) = []:f32[0,0]"];
  let sample = ["inv([3, 3])", "inv([4, 2, 2])", "inv([2, 0, 0])"];
  let example = ["y = etch::inv(etch::eye(2));"];
}

def DetOp : OnMatrices<"det", ["x"]> {
  let summary = "The determinant of each square matrix in the last two dimensions";
  let description = [{
    By an LU decomposition with partial pivoting; of a matrix without elements it is 1. The gradient is an error where the
    matrix is not invertible.
  }];
  let shape = "return {determinant_type(call, x)};";
  let vjp = "swap_last(inv(x)) * reshape(dy * y, appended(appended(y.dims(), 1), 1))";
  let reference = "np.linalg.det(x)";
  let referenceScale = "np.prod(np.linalg.norm(x, axis=-1), axis=-1)";
  let golden = ["det([[1, 2], [3, 4]]) = -2", "det([[[2, 4], [1, 2]], [[0, 1], [1, 0]]]) = [0, -1]", "det([]:f32[0,0]) = 1:f32", "det([[nan]]) = nan"];
  let sample = ["det([3, 3])", "det([4, 2, 2])", "det([2, 0, 0])"];
  let example = ["y = etch::det(a);"];
}

// What qr, svd and eigh are made of: a result's factors, one after the other in its last dimension.
class Factors<string mnemonic> : OnMatrices<mnemonic, ["x"]> {
  let isPublic = 0;
}
def QrFactorsOp : Factors<"qr_factors"> {
  let summary = "The elements of q, then those of r, for each matrix";
  let attrs = [BoolAttrOf<"full_matrices">];
  let shape = "return {qr_type(call, x, full_matrices)};";
  let vjp = "qr_vjp(x, y, dy, full_matrices)";
  let golden = ["qr_factors([[0, 2], [3, 1]]) = [0, 1, 1, 0, 3, 1, 0, 2]", "qr_factors([[-2]]) = [-1, 2]"];
  let sample = ["qr_factors([3, 5])", "qr_factors([2, 5, 3])", "qr_factors([7, 2], full_matrices=true)", "qr_factors([4, 1, 3], full_matrices=true)",
                "qr_factors([2, 0, 3])", "qr_factors([2, 3, 0], full_matrices=true)"];
}
def SvdFactorsOp : Factors<"svd_factors"> {
  let summary = "The singular values, then the elements of u, then those of v, for each matrix";
  let attrs = [BoolAttrOf<"full_matrices">];
  let shape = "return {svd_type(call, x, full_matrices)};";
  let vjp = "svd_vjp(x, y, dy, full_matrices)";
  let golden = ["svd_factors([[2]]) = [2, 1, 1]", "svd_factors([[nan]]) = [nan, nan, nan]"];
  let sample = ["svd_factors([3, 5])", "svd_factors([2, 5, 3])", "svd_factors([7, 2], full_matrices=true)", "svd_factors([4, 1, 3], full_matrices=true)",
                "svd_factors([2, 0, 3])", "svd_factors([2, 3, 0], full_matrices=true)", "svd_factors([20, 20])"];
}
def EighFactorsOp : Factors<"eigh_factors"> {
  let summary = "The eigenvalues, then the elements of the matrix of eigenvectors, for each matrix";
  let shape = "return {eigh_type(call, x)};";
  let vjp = "eigh_vjp(x, y, dy)";
  let golden = ["eigh_factors([[5]]) = [5, 1]", "eigh_factors([[1, nan], [0, 3]]) = [1, 3, 1, 0, 0, 1]", "eigh_factors([[1, 0], [inf, 3]]) = [nan, nan, nan, nan, nan, nan]"];
  let sample = ["eigh_factors([3, 3])", "eigh_factors([4, 2, 2])", "eigh_factors([2, 0, 0])", "eigh_factors([20, 20])"];
}

class Factorization<string mnemonic> : Function<mnemonic, ["x"]> {
  let operandDTypes = [MatrixDTypes];
}
def Qr : Factorization<"qr"> {
  let summary = "Factors q, whose columns are orthonormal, and r, upper triangular, of each matrix in the last two dimensions";
  let description = [{
    x is q matmul r. For matrices of m rows and n columns q has k columns and r has k rows: k is the smaller of m and n, or
    m for full_matrices. By Householder reflections; the diagonal of r is not negative. A matrix with NaN or an infinity
    gives NaN.
  }];
  let attrs = [BoolAttrOf<"full_matrices">];
  let results = ["q", "r"];
  let check = "qr_type(call, x, full_matrices);";
  let expansion = "return qr_parts(qr_factors(x, full_matrices), x, full_matrices);";
  let reference = [{ [proven(q := got[0], (q @ (r := got[1]), x), (turned(q) @ q, np.eye(q.shape[-1]))),
        proven(np.triu(r), (d := np.diagonal(r, 0, -2, -1), np.abs(d)))] }];
  let referenceScale = "1";
  let golden = ["qr([[0, 2], [3, 1]]) = [[0, 1], [1, 0]], [[3, 1], [0, 2]]", "qr([[-2]]) = [[-1]], [[2]]",
                "qr([[0], [4]], full_matrices=true) = [[0, -1], [1, 0]], [[4], [0]]", "qr([[], []], full_matrices=true) = [[1, 0], [0, 1]], [[], []]"];
  let sample = ["qr([3, 5])", "qr([2, 5, 3])", "qr([7, 2], full_matrices=true)"];
  let example = ["auto [q, r] = etch::qr(x);"];
}
def Svd : Factorization<"svd"> {
  let summary = "Singular values s, largest first, and singular vectors, the columns of u and v, of each matrix in the last two dimensions";
  let description = [{
    x is u matmul diagonal(s) matmul transpose(v). For matrices of m rows and n columns u has m rows, v has n; both have as
    many columns as the smaller of m and n, or for full_matrices as many as rows. Which of two opposite vectors it is,
    and which vectors belong to equal singular values, is not specified. A matrix with NaN or an infinity gives NaN.
  }];
  let attrs = [BoolAttrOf<"full_matrices">];
  let results = ["s", "u", "v"];
  let check = "svd_type(call, x, full_matrices);";
  let expansion = "return svd_parts(svd_factors(x, full_matrices), x, full_matrices);";
  let reference = [{ [s := np.linalg.svd(x, compute_uv=False), proven(u := got[1], (turned(u) @ u, np.eye(u.shape[-1]))),
        proven(v := got[2], (turned(v) @ v, np.eye(v.shape[-1])),
               (u[..., :s.shape[-1]] * s[..., np.newaxis, :] @ turned(v[..., :s.shape[-1]]), x))] }];
  let referenceScale = "np.max(x.shape[-2:], initial=4) * np.max(s, initial=1)";
  let golden = ["svd([[2]]) = [2], [[1]], [[1]]", "svd([[[nan]]]) = [[nan]], [[[nan]]], [[[nan]]]"];
  let sample = ["svd([3, 5])", "svd([2, 5, 3])", "svd([7, 2], full_matrices=true)"];
  let example = ["auto [s, u, v] = etch::svd(x);"];
}
def Eigh : Factorization<"eigh"> {
  let summary = "Eigenvalues e, smallest first, and eigenvectors, the columns of v, of each symmetric matrix in the last two dimensions";
  let description = [{
    x is v matmul diagonal(e) matmul transpose(v); the columns of v are orthonormal. Only the lower triangle of x is read.
    Which of two opposite vectors it is, and which vectors belong to equal eigenvalues, is not specified. A matrix with
    NaN or an infinity gives NaN. The gradient belongs to the lower triangle.
  }];
  let results = ["e", "v"];
  let check = "eigh_type(call, x);";
  let expansion = "return eigh_parts(eigh_factors(x), x);";
  let reference = [{ [e := np.linalg.eigvalsh(x), proven(v := got[1], (turned(v) @ v, np.eye(v.shape[-1])),
        (v * e[..., np.newaxis, :] @ turned(v), np.tril(x) + turned(np.tril(x, -1))))] }];
  let referenceScale = "np.max(x.shape[-2:], initial=4) * np.max(np.abs(e), initial=1)";
  let golden = ["eigh([[5]]) = [5], [[1]]", "eigh([[1, nan], [0, 3]]) = [1, 3], [[1, 0], [0, 1]]"];
  let sample = ["eigh([3, 3])", "eigh([4, 2, 2])", "eigh([20, 20])"];
  let example = ["y = etch::eigh(a).e;"];
}

def NormOp : Statistic<"norm", ["x"]> {
  let summary = "The norm of vectors along axes";
  let description = [{
    No axes means all. order 2: the root of the sum of squares; 1: the sum of absolute values; inf and -inf: the largest
    and the smallest absolute value; 0: the number of elements that are not 0; any other p: sum(abs(x)^p)^(1/p). Of
    nothing it is what the sum of nothing gives, for -inf it is inf. Where the norm is 0 its gradient is 0.
  }];
  let attrs = [IntegersAttrOf<"axes", "{}">, BoolAttrOf<"keep_dims">, ScalarAttrOf<"order", "2", Floats>];
  let check = "check_norm(call, x, axes, order);";
  let expansion = "return norm_of(x, axes, keep_dims, order.as_double());";
  let vjp = "norm_vjp(x, axes, keep_dims, order.as_double(), y, dy)";
  let reference = "norm(np.abs(x), order, axes, keep_dims)";
  let referenceScale = "8 * np.abs(y) * (1 + 1 / np.abs(np.float64(order)))";
  let golden = ["norm([[3, 4], [0, 0]], order=2) = 5", "norm([[3, 4], [6, 8]], axes=[1], order=2) = [5, 10]", "norm([[3, -4]], axes=[-1], keep_dims=true, order=1) = [[7]]",
                "norm([3, -4, 1], order=inf) = 4", "norm([3, -4, 1], order=-inf) = 1", "norm([3, 0, nan], order=0) = 2", "norm([1, 2, 2], order=3) = 2.57128159065823535",
                "norm([], order=2) = 0", "norm([], order=inf) = 0", "norm([], order=-inf) = inf", "norm([nan, 1], order=inf) = nan"];
  let example = ["y = etch::norm(x, {-1});"];
}

#endif
