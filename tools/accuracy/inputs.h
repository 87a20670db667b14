// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <vector>

namespace etch::accuracy {

/// A sequence of arguments, or pairs of arguments, each found by its number alone: sweeps can be cut anywhere, and a
/// short one is the beginning of a long one.
template <class T>
class Inputs {
public:
  virtual ~Inputs() = default;
  /// Input number `first` + i goes to x[operand][i], for i < n.
  virtual void fill(uint64_t first, int64_t n, T *const *x) const = 0;
};

/// Zeros, ends of the range, powers of two, neighbours of 1 and of multiples of pi / 2, infinities, NaN; for two
/// operands every pair of a shorter list.
template <class T>
class HardInputs : public Inputs<T> {
public:
  explicit HardInputs(int operand_count);
  uint64_t size() const;
  void fill(uint64_t first, int64_t n, T *const *x) const override;

private:
  int operand_count_;
  std::vector<T> values_;
};

/// Every stride-th float by its bits.
class StridedInputs : public Inputs<float> {
public:
  explicit StridedInputs(uint32_t stride) : stride_(stride) {}
  uint64_t size() const { return ((uint64_t{1} << 32) + stride_ - 1) / stride_; }
  void fill(uint64_t first, int64_t n, float *const *x) const override;

private:
  uint32_t stride_;
};

/// Without end: random bits, moderate exponents, intervals around 0, neighbours of 1 and of hard inputs, halves of
/// integers, in turn; a pair takes both from one of these kinds or from two.
template <class T>
class RandomInputs : public Inputs<T> {
public:
  explicit RandomInputs(int operand_count);
  void fill(uint64_t first, int64_t n, T *const *x) const override;

private:
  int operand_count_;
  std::vector<T> hard_;
};

} // namespace etch::accuracy
