// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/generate.h"

#include "tests/ops/golden.h"

#include <algorithm>
#include <array>
#include <map>

namespace etch::test {
namespace {

using ops::Dims;
using ops::OpClass;
using ops::OpDef;
using ops::TensorType;

constexpr int kTries = 12;
constexpr size_t kFunctionWeight = 4;
constexpr int kMostResults = 4;           // of one function's call
constexpr int64_t kMostResized = 1 << 18; // elements of an argument of another size

bool allows(uint16_t mask, DType dtype) { return mask >> static_cast<int>(dtype) & 1; }

int64_t count_of(const TensorType &type) {
  int64_t count = 1;
  for (const ops::Dim &dim : type.dims)
    count *= dim.value();
  return count;
}

std::vector<std::string_view> samples_of(const OpDef &op) {
  std::vector<std::string_view> samples;
  const bool is_function = Call{&op, {}, {}}.is_function();
#define ETCH_SAMPLE(op_index, text)                                                                                    \
  if (!is_function && op.index == op_index)                                                                            \
    samples.push_back(text);
#define ETCH_FUNCTION_SAMPLE(function_index, text)                                                                     \
  if (is_function && op.index == function_index)                                                                       \
    samples.push_back(text);
#include "ops/contract_rows.inc"
  return samples;
}

bool broadcasts(const Dims &a, const Dims &b) {
  for (size_t i = 1; i <= std::min(a.size(), b.size()); ++i)
    if (!a[a.size() - i].is(1) && !b[b.size() - i].is(1) && a[a.size() - i] != b[b.size() - i])
      return false;
  return true;
}

/// How often each class is tried.
int weight_of(const OpDef &op) {
  // The op of tests has no place in a reproducer; `extent` is made where an extent is not known.
  const auto is_dim_in_text = [](const ops::AttrDef &attr) { return attr.in_text && attr.kind == ops::AttrKind::dim; };
  if (op.test_only || std::ranges::any_of(op.attrs, is_dim_in_text))
    return 0;
  if (op.effect == ops::Effect::calls_host) // needs something to call
    return 0;
  if (op.effect == ops::Effect::checks) // most of them fail, and end their program
    return 1;
  if (op.effect == ops::Effect::prints)
    return 2;
  if (op.effect != ops::Effect::none)
    return 4;
  switch (op.op_class) {
  case OpClass::elementwise:
    return op.operand_count == 0 ? 1 : op.operand_count == 1 ? 3 : 4;
  case OpClass::contraction:
    return 24;
  case OpClass::reduction:
    return 12;
  case OpClass::composite:
    return op.operand_count == 0 ? 1 : 4;
  case OpClass::movement:
    return 6;
  case OpClass::opaque: // random matrices often fail, and nothing after a failure is compared
    return op.may_fail && op.same_dtypes ? 1 : 4;
  }
  return 1;
}

class Generator {
public:
  explicit Generator(uint64_t seed) : random_(seed) {
    random_.chance(0.08) ? choose_contraction_extents() : choose_extents();
    if (random_.chance(0.5))
      extents_.push_back(1);
    if (random_.chance(0.12))
      extents_.push_back(0);
    main_dtype_ = random_.chance(0.5) ? DType::f32 : random_dtype(random_, 0x3ff);
    style_ = random_.chance(0.7) ? Elements::tame : random_.chance(0.7) ? Elements::edges : Elements::wild;
    for (const OpDef &op : ops::registry())
      for (int i = weight_of(op) * (contracts_ && op.op_class == OpClass::contraction ? 4 : 1); i > 0; --i)
        choices_.push_back(&op);
    for (const OpDef &function : ops::functions())
      choices_.insert(choices_.end(), kFunctionWeight, &function);
  }

  /// For program_of().
  Generator(uint64_t seed, DType dtype, Elements style)
      : random_(seed), limit_(1 << 20), extents_{1, 2, 3, 5, 8}, main_dtype_(dtype), style_(style), shares_(false) {}

  Program make(const OpDef &op, const std::vector<Dims> &shapes) {
    for (const Dims &shape : shapes) {
      next_shape_ = shape;
      const size_t before = program_.calls.size();
      for (int tries = 0; tries < 4 * kTries && program_.calls.size() == before; ++tries)
        add_call(op);
    }
    for (size_t i = 0; i < program_.calls.size(); ++i)
      program_.results.push_back(program_.value_of_call(i));
    return std::move(program_);
  }

  Program make() {
    const int64_t wanted = random_.chance(0.5) || contracts_ ? random_.between(3, 10)
                           : random_.chance(0.03) ? random_.between(100, 250) // beyond what one kernel may hold
                                                  : random_.between(3, 60);
    add_input(main_dtype_, random_dims());
    for (int tries = 0; static_cast<int64_t>(program_.calls.size()) < wanted && tries < 2000; ++tries)
      add_call(*random_.pick(choices_));
    choose_results();
    if (random_.chance(0.2))
      open_extents();
    return std::move(program_);
  }

private:
  void choose_extents() {
    const double size = random_.uniform();
    limit_ = size < 0.05 ? 60000 : size < 0.15 ? 8000 : 2000;
    const std::vector<int64_t> common{2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 64, 65, 100, 129, 200};
    for (int64_t count = random_.between(2, 4); count > 0; --count)
      extents_.push_back(random_.pick(common));
    if (limit_ > 8000)
      extents_.push_back(random_.pick<int64_t>({1000, 4097, 16385, 20000, 33000}));
  }

  /// Several tiles and blocks of a contraction, with whatever may be computed along with it.
  void choose_contraction_extents() {
    contracts_ = true;
    limit_ = 150000;
    for (int64_t count = random_.between(1, 3); count > 0; --count)
      extents_.push_back(random_.pick<int64_t>({13, 64, 100, 129, 250, 300}));
  }

  Dims random_dims() {
    for (;;) {
      Dims dims;
      for (int64_t rank = random_.pick<int64_t>({0, 1, 1, 2, 2, 2, 3, 3, 4}); rank > 0; --rank)
        dims.push_back(random_.pick(extents_));
      if (count_of({DType::f32, dims}) <= limit_)
        return dims;
    }
  }

  int add_input(DType dtype, const Dims &dims, int64_t index_bound = 0) {
    Input input;
    input.captured = random_.chance(0.2);
    input.transposed = dims.size() > 1 && random_.chance(0.15);
    Dims stored = dims;
    if (input.transposed)
      std::reverse(stored.begin(), stored.end());
    const Shape shape = TensorType(dtype, stored).shape();
    input.stored = index_bound > 0 ? random_indices(random_, dtype, shape, index_bound)
                                   : random_tensor(random_, dtype, shape, style_);
    // Inputs come first in the numbering of values.
    const int at = static_cast<int>(program_.inputs.size());
    for (Call &call : program_.calls)
      for (int &operand : call.operands)
        operand += operand >= at;
    for (int &operand : pending_)
      operand += operand >= at;
    program_.inputs.push_back(std::move(input));
    types_.insert(types_.begin() + at, TensorType(dtype, dims));
    return at;
  }

  /// A value that a predicate accepts, recent ones first; -1 when none is found.
  template <class Accepts>
  int find_value(Accepts &&accepts) {
    if (!shares_)
      return -1;
    for (int tries = 0; tries < kTries && !types_.empty(); ++tries) {
      const int64_t count = static_cast<int64_t>(types_.size());
      const int value = static_cast<int>(random_.chance(0.6) ? count - 1 - random_.below(std::min<int64_t>(count, 5))
                                                             : random_.below(count));
      const Call *call = program_.producer(value);
      if ((!call || call->has_result()) && accepts(types_[static_cast<size_t>(value)]))
        return value;
    }
    return -1;
  }

  DType input_dtype(uint16_t mask) {
    return allows(mask, main_dtype_) && (!shares_ || random_.chance(0.8)) ? main_dtype_ : random_dtype(random_, mask);
  }

  int first_operand(uint16_t mask) {
    const int found =
        random_.chance(0.93) ? find_value([&](const TensorType &type) { return allows(mask, type.dtype); }) : -1;
    return found >= 0 ? found : add_input(input_dtype(mask), shares_ ? random_dims() : next_shape_);
  }

  /// Dimensions that go with `dims` under broadcasting.
  Dims compatible(Dims dims) {
    if (random_.chance(0.4))
      return dims;
    if (!dims.empty() && random_.chance(0.4))
      dims.erase(dims.begin(), dims.begin() + random_.between(1, static_cast<int64_t>(dims.size())));
    for (ops::Dim &dim : dims)
      if (random_.chance(0.3))
        dim = dim.is(1) ? ops::Dim(random_.pick(extents_)) : ops::Dim(1);
    return dims;
  }

  /// Dimensions that may go with a first operand of another role: all but the last, a matrix it can be multiplied by,
  /// the same with another extent somewhere.
  Dims related(const OpDef &op, Dims dims) {
    if (op.op_class == OpClass::contraction && dims.size() >= 2) {
      Dims matrix{dims.back(), ops::Dim(random_.pick(extents_))};
      for (size_t i = dims.size() - 2; i-- > 0 && random_.chance(0.5);)
        matrix.insert(matrix.begin(), random_.chance(0.7) ? dims[i] : ops::Dim(1));
      return matrix;
    }
    if (op.op_class == OpClass::composite && !dims.empty() && random_.chance(0.5)) {
      dims.pop_back();
      return dims;
    }
    if (op.op_class == OpClass::movement && !dims.empty()) {
      dims[static_cast<size_t>(random_.below(static_cast<int64_t>(dims.size())))] = random_.pick(extents_);
      return dims;
    }
    return compatible(dims);
  }

  /// Other extents in the place of the sample's, equal ones by equal ones. Whether the attributes still fit, the op's
  /// rule decides.
  void vary(ops::Sample &sample) {
    std::map<int64_t, int64_t> others;
    ops::Sample varied = sample;
    for (Dims &dims : varied.operands) {
      for (ops::Dim &dim : dims)
        if (dim.value() > 1)
          dim = others.try_emplace(dim.value(), random_.pick(extents_)).first->second;
      if (count_of({DType::f32, dims}) > limit_)
        return;
    }
    sample = std::move(varied);
  }

  /// Operands and attributes as one of the op's samples says.
  void follow_sample(const OpDef &op, const ops::Sample &sample, ops::Attrs &attrs) {
    attrs = sample.attrs;
    pending_.assign(sample.operands.size(), 0);
    const DType key = input_dtype(op.operand_dtypes[static_cast<size_t>(std::max(op.key_operand, 0))]);
    for (size_t i = 0; i < attrs.size(); ++i)
      if (auto *scalar = std::get_if<ops::Scalar>(&attrs[i]); scalar && allows(op.attrs[i].dtypes, key))
        *scalar = ops::Scalar::of(key, scalar->as_double());
    TensorType first(key, sample.operands.at(0));
    for (size_t i = 0; i < sample.operands.size(); ++i) {
      const uint16_t mask = op.operand_dtypes[op.operand_count < 0 ? 0 : i];
      const bool is_index = i > 0 && op.may_fail && !allows(mask, DType::f32);
      const DType dtype = allows(mask, key) && !is_index ? key : random_dtype(random_, mask);
      const int found = random_.chance(0.5) ? find_value([&](const TensorType &type) {
        return !is_index && type.dtype == dtype && type.dims == sample.operands[i];
      })
                                            : -1;
      pending_[i] = -1; // add_input renumbers the others
      pending_[i] =
          found >= 0 ? found : add_input(dtype, sample.operands[i], is_index ? index_bound(op, first, attrs) : 0);
    }
  }

  int next_operand(const OpDef &op, uint16_t mask, const TensorType &key) {
    const bool same = op.same_dtypes && mask != (1 << static_cast<int>(DType::boolean));
    const auto fits = [&](DType dtype) { return allows(mask, dtype) && (!same || dtype == key.dtype); };
    if (op.op_class == OpClass::elementwise && random_.chance(0.15)) {
      const DType dtype = same ? key.dtype : random_dtype(random_, mask);
      program_.literals.push_back(random_scalar(random_, dtype, style_));
      return -static_cast<int>(program_.literals.size());
    }
    if (random_.chance(0.6)) {
      const int found = find_value([&](const TensorType &type) { return fits(type.dtype) && type.dims == key.dims; });
      if (found >= 0)
        return found;
    }
    if (random_.chance(0.5)) { // what a reduction kept, a bias
      const int found = find_value([&](const TensorType &type) {
        return fits(type.dtype) && type.dims != key.dims && broadcasts(type.dims, key.dims);
      });
      if (found >= 0)
        return found;
    }
    if (random_.chance(0.3)) {
      const int found = find_value([&](const TensorType &type) { return fits(type.dtype); });
      if (found >= 0)
        return found;
    }
    const Dims dims = related(op, key.dims);
    if (count_of({key.dtype, dims}) > limit_)
      return -1 - static_cast<int>(program_.literals.size()); // no such literal: the call is given up
    return add_input(same ? key.dtype : input_dtype(mask), dims);
  }

  bool choose_operands(const OpDef &op, ops::Attrs &attrs) {
    pending_.clear();
    const int skipped = op.has_variable() ? 1 : 0;
    const bool variadic = op.operand_count < 0;
    const int64_t count = variadic ? random_.between(1, 4) : op.operand_count - skipped;
    if (count == 0) {
      attrs = random_attributes(random_, op, nullptr, extents_);
      return true;
    }
    const auto mask_of = [&](int64_t i) { return op.operand_dtypes[variadic ? 0 : static_cast<size_t>(i + skipped)]; };
    const size_t key = variadic || skipped ? 0 : static_cast<size_t>(std::max(op.key_operand, 0));
    pending_.assign(static_cast<size_t>(count), 0);
    pending_[key] = -1; // add_input renumbers the others
    int value = first_operand(mask_of(static_cast<int64_t>(key)));
    pending_[key] = value;
    const TensorType type = types_[static_cast<size_t>(value)];
    attrs = random_attributes(random_, op, &type, extents_);
    for (size_t i = 0; i < pending_.size(); ++i) {
      if (i == key)
        continue;
      pending_[i] = -1;
      value = op.may_fail && random_.chance(0.95) ? index_operand(op, mask_of(static_cast<int64_t>(i)), type, attrs)
                                                  : next_operand(op, mask_of(static_cast<int64_t>(i)), type);
      if (value < -static_cast<int>(program_.literals.size()))
        return false;
      pending_[i] = value;
    }
    return true;
  }

  /// Indices within the axis that the op's integer attribute names.
  int index_operand(const OpDef &op, uint16_t mask, const TensorType &type, const ops::Attrs &attrs) {
    const int64_t bound = index_bound(op, type, attrs);
    Dims dims;
    if (bound > 0 && random_.chance(0.8))
      dims.push_back(random_.between(0, 9));
    return add_input(random_dtype(random_, mask), dims, bound);
  }

  /// The extent of the axis, or a number given as a dimension; 1 at least. Now and then one more.
  int64_t index_bound(const OpDef &op, const TensorType &type, const ops::Attrs &attrs) {
    int64_t bound = 1;
    for (size_t i = 0; i < attrs.size(); ++i) {
      if (op.attrs[i].kind == ops::AttrKind::dim)
        bound = std::get<ops::Dim>(attrs[i]).value();
      if (op.attrs[i].kind == ops::AttrKind::integer && type.rank() > 0) {
        const int64_t axis = std::get<int64_t>(attrs[i]);
        bound = type.dims[static_cast<size_t>(axis < 0 ? axis + type.rank() : axis)].value();
      }
    }
    return std::max<int64_t>(bound + random_.chance(0.05), 1);
  }

  /// A Variable for the op: a new one with the type of some value, or an old one.
  int choose_variable(const OpDef &op) {
    if (program_.variables.size() < 3 && (program_.variables.empty() || random_.chance(0.2))) {
      const int model = find_value([&](const TensorType &type) { return allows(op.operand_dtypes[0], type.dtype); });
      if (model < 0)
        return -1;
      const TensorType type = types_[static_cast<size_t>(model)];
      program_.variables.push_back(random_tensor(random_, type.dtype, type.shape(), style_));
      return static_cast<int>(program_.variables.size()) - 1;
    }
    return static_cast<int>(random_.below(static_cast<int64_t>(program_.variables.size())));
  }

  void add_call(const OpDef &op) {
    Call call{&op, {}, {}, -1};
    if (op.has_variable()) {
      call.variable = choose_variable(op);
      if (call.variable < 0)
        return;
      const Tensor &variable = program_.variables[static_cast<size_t>(call.variable)];
      const TensorType wanted(variable.dtype(), variable.shape());
      if (op.effect == ops::Effect::writes_variable) {
        const int value = find_value([&](const TensorType &type) { return type == wanted; });
        if (value < 0 || !allows(op.operand_dtypes[1], wanted.dtype))
          return;
        call.operands = {value};
      }
    } else {
      const auto samples = samples_of(op);
      if (!samples.empty() && random_.chance(0.8)) {
        ops::Sample sample = ops::parse_sample(op, random_.pick(samples), DType::f32);
        if (shares_ && random_.chance(0.5))
          vary(sample);
        follow_sample(op, sample, call.attrs);
      } else if (!choose_operands(op, call.attrs)) {
        return;
      }
      call.operands = pending_;
      const bool is_check = op.effect == ops::Effect::checks;
      for (ops::Attr &attr : call.attrs)
        if (auto *text = std::get_if<std::string>(&attr); text && (is_check || op.effect == ops::Effect::prints))
          for (size_t i = 0; i < call.operands.size(); ++i)
            *text += "{} ";
      if (is_check) {
        const int condition = find_value([](const TensorType &type) { return type.dtype == DType::boolean; });
        if (condition < 0)
          return pending_.clear();
        call.operands.insert(call.operands.begin(), condition);
      }
      pending_.clear();
    }
    add_results(std::move(call));
  }

  /// The call with one of its results, and with some of the others where a function has several.
  void add_results(Call call) {
    const auto types = infer_call(program_, call, types_);
    // A result that is not used is computed all the same: the whole u of a tall matrix takes minutes.
    const int64_t most = std::max<int64_t>(limit_, 1 << 18);
    if (!types || std::ranges::any_of(*types, [&](const TensorType &type) { return count_of(type) > most; }))
      return;
    const int count = static_cast<int>(types->size());
    const int first = count > 1 ? static_cast<int>(random_.below(count)) : 0;
    for (int i = 0; i < std::min(count, kMostResults); ++i) {
      call.result = (first + i) % count;
      const TensorType &type = (*types)[static_cast<size_t>(call.result)];
      if (count_of(type) > limit_ || type.rank() > 6 || (i > 0 && random_.chance(0.4)))
        continue;
      program_.calls.push_back(call);
      types_.push_back(type);
    }
  }

  void open_extents() {
    program_.open_extents = true;
    std::vector<int64_t> known;
    for (const Input &input : program_.inputs)
      for (const int64_t extent : input.stored.shape())
        if (!input.captured && extent > 1)
          known.push_back(extent);
    if (!known.empty() && random_.chance(0.8))
      program_.resizing = {random_.pick(known), random_.pick<int64_t>({0, 1, 2, 3, 6, 9, 10, 32, 63, 66, 130})};
    for (const Input &input : program_.inputs)
      if (resized_count(input) > kMostResized)
        program_.resizing.second = 2;
  }

  int64_t resized_count(const Input &input) const {
    const auto [from, to] = program_.resizing;
    int64_t count = 1;
    for (const int64_t extent : input.stored.shape())
      count *= extent == from ? to : extent;
    return count;
  }

  void choose_results() {
    std::vector<bool> used(types_.size(), false);
    for (const Call &call : program_.calls)
      for (const int operand : call.operands)
        if (operand >= 0)
          used[static_cast<size_t>(operand)] = true;
    for (int value = 0; value < static_cast<int>(types_.size()); ++value) {
      const Call *call = program_.producer(value);
      if (call && !call->has_result())
        continue;
      const double probability = !call ? 0.03 : used[static_cast<size_t>(value)] ? 0.12 : 0.85;
      if (random_.chance(probability))
        program_.results.push_back(value);
    }
    if (!program_.results.empty() && random_.chance(0.05))
      program_.results.push_back(random_.pick(program_.results));
  }

  Random random_;
  int64_t limit_;
  std::vector<int64_t> extents_;
  DType main_dtype_;
  Elements style_;
  std::vector<const OpDef *> choices_;
  Program program_;
  std::vector<TensorType> types_;
  std::vector<int> pending_; // operands of the call being made
  bool contracts_ = false;
  const bool shares_ = true; // a call may use earlier values
  Dims next_shape_;          // of a first operand, where nothing is shared
};

} // namespace

Program random_program(uint64_t seed) {
  Program program = Generator(seed).make();
  program.gradient_order = gradient_order(seed);
  return program;
}

Program program_of(const OpDef &op, DType dtype, const std::vector<Dims> &shapes, uint64_t seed, Elements style) {
  return Generator(seed, dtype, style).make(op, shapes);
}

} // namespace etch::test
