// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tapes are asked for.
#include "ops/reverse_mode.h"
#include "runtime/call_expr.h"
#include "runtime/donated_tensor.h"
#include "runtime/tape.h"
#include "runtime/variable_state.h"
#include "support/require.h"

#include <algorithm>

namespace etch::runtime {

/// The calls of a tape up to now, as the reverse mode reads them.
class TapeReading {
public:
  using Reading = CallExpr;

  explicit TapeReading(const Tape &tape)
      : tape_(tape), call_count_(tape.calls_.size()), value_count_(tape.values_.size()) {}

  size_t call_count() const { return call_count_; }
  size_t value_count() const { return value_count_; }
  std::span<const int> operands(size_t call) const {
    return is_cut(call) ? std::span<const int>() : std::span<const int>(tape_.calls_[call].operand_ids);
  }
  std::span<const int> results(size_t call) const { return tape_.calls_[call].result_ids; }
  bool connects(size_t index, size_t operand, size_t result) const {
    const Tape::Noted &call = tape_.calls_[index];
    return !call.call || call.call->connects(operand, result);
  }
  bool continues_sums(size_t index) const {
    const Tape::Noted &call = tape_.calls_[index];
    return call.call && call.call->continues_sums();
  }

  std::vector<std::optional<CallExpr>> vjp(size_t index, std::span<const std::optional<CallExpr>> dys,
                                           std::span<const std::optional<CallExpr>> sums,
                                           const std::vector<bool> &needed) {
    const Tape::Noted &call = tape_.calls_[index];
    CallExpr::Context &context = context_at(call.location);
    if (call.call)
      return pull(call, context, dys, sums, needed);
    const CallExpr dy(context, dys.front()->tensor());
    if (call.op->effect == ops::Effect::reads_variable)
      return {dy};
    std::vector<CallExpr> operands;
    for (const Tensor &operand : call.operands)
      operands.emplace_back(context, operand);
    const CallExpr y(context, tape_.values_[static_cast<size_t>(call.result_ids.front())]);
    return expansion::vjp<CallExpr>(*call.op, context, operands, call.attrs, y, dy, needed);
  }

  /// Makes calls for the user's line.
  CallExpr::Context &context_at(Location location) {
    return contexts_.emplace_back(Dispatcher::current(), nullptr, location);
  }

  /// No gradient passes the call.
  bool is_cut(size_t index) const {
    const Tape::Noted &call = tape_.calls_[index];
    if (!call.op || call.op->effect == ops::Effect::reads_variable)
      return false;
    return *call.op->vjp == '\0' || !is_floating(tape_.values_[static_cast<size_t>(call.result_ids.front())].dtype());
  }

private:
  static std::vector<std::optional<CallExpr>> pull(const Tape::Noted &call, CallExpr::Context &context,
                                                   std::span<const std::optional<CallExpr>> dys,
                                                   std::span<const std::optional<CallExpr>> sums,
                                                   const std::vector<bool> &needed) {
    const auto tensors = [](std::span<const std::optional<CallExpr>> readings) {
      std::vector<Tensor> tensors;
      for (const std::optional<CallExpr> &reading : readings)
        tensors.push_back(reading ? reading->tensor() : Tensor());
      return tensors;
    };
    std::vector<std::optional<CallExpr>> gradients;
    for (Tensor &gradient : call.call->pull(tensors(dys), tensors(sums), needed, call.location))
      gradients.push_back(gradient.defined() ? std::optional(CallExpr(context, std::move(gradient))) : std::nullopt);
    return gradients;
  }

  const Tape &tape_;
  const size_t call_count_, value_count_;
  std::deque<CallExpr::Context> contexts_;
};

namespace {

DType dtype_of(const detail::GradientLeaf &leaf) { return leaf.variable ? leaf.variable->dtype : leaf.tensor.dtype(); }

std::string text_of(const detail::GradientLeaf &leaf) {
  return leaf.variable
             ? "variable '" + leaf.variable->name + "', " + spec_text(leaf.variable->dtype, leaf.variable->shape)
             : spec_text(leaf.tensor);
}

CallExpr filled_like(CallExpr::Context &context, const CallExpr &like, double value) {
  return expansion::full(context, like.dims(), ops::Scalar::of(like.dtype(), value));
}

} // namespace

int Tape::source_id(const detail::GradientLeaf &source, Location location) const {
  if (!source.variable) {
    ETCH_REQUIRE(source.tensor.defined(), ErrorCode::invalid_argument, location)
        << "gradient: sources must be defined, got an undefined tensor";
    require_not_donated(source.tensor, "gradient", location);
  }
  ETCH_REQUIRE(is_floating(dtype_of(source)), ErrorCode::dtype, location)
      << "gradient: sources must be floats, got " << text_of(source);
  if (source.variable) {
    const auto found = variables_.find(source.variable.get());
    // One that is watched by itself has not been read.
    const bool watches_itself = options_.watch_accessed_variables && source.variable->trainable;
    ETCH_REQUIRE(found != variables_.end() || watches_itself, ErrorCode::invalid_argument, location)
        << "gradient: sources must be watched by the tape, got " << text_of(source)
        << help("call watch() before the Variable is used");
    return found == variables_.end() ? -1 : found->second;
  }
  const int id = find(source.tensor);
  ETCH_REQUIRE(id >= 0, ErrorCode::invalid_argument, location)
      << "gradient: sources must be watched by the tape or depend on what is, got " << text_of(source)
      << help("call watch() before the tensor is used");
  return id;
}

void Tape::check_target(const Tensor &target, const Tensor &output_gradient, Location location) const {
  ETCH_REQUIRE(target.defined(), ErrorCode::invalid_argument, location)
      << "gradient: the target must be defined, got an undefined tensor";
  require_not_donated(target, "gradient", location);
  ETCH_REQUIRE(is_floating(target.dtype()), ErrorCode::dtype, location)
      << "gradient: the target must be a float, got " << spec_text(target);
  if (!output_gradient.defined())
    return;
  Dispatcher &dispatcher = Dispatcher::current();
  const ops::TensorType wanted = dispatcher.type_of(target, "gradient", location),
                        given = dispatcher.type_of(output_gradient, "gradient", location);
  ETCH_REQUIRE(given.dtype == wanted.dtype, ErrorCode::dtype, location)
      << "gradient: an output gradient must have the target's dtype, got " << given.message_text() << " for "
      << wanted.message_text();
  ETCH_REQUIRE(given.dims == wanted.dims, ErrorCode::shape, location)
      << "gradient: an output gradient must have the target's shape, got " << given.message_text() << " for "
      << wanted.message_text();
}

void Tape::finish(Location location) {
  if (options_.persistent)
    return;
  has_given_ = true;
  given_at_ = location;
  is_paused_ = true;
  take_out();
}

std::vector<Tensor> Tape::gradient(const detail::GradientLeaves &targets, const detail::GradientLeaves &sources,
                                   const GradientOptions &options, Location location) try {
  require_usable("gradient", location);
  const size_t given = options.output_gradients.size();
  ETCH_REQUIRE(given == 0 || given == targets.leaves.size(), ErrorCode::invalid_argument, location)
      << "gradient: there must be one output gradient for each tensor of the target, got " << given << " for "
      << targets.leaves.size();
  std::vector<Tensor> target_tensors;
  std::vector<int> target_ids, source_ids;
  for (size_t i = 0; i < targets.leaves.size(); ++i) {
    const detail::GradientLeaf &leaf = targets.leaves[i];
    target_tensors.push_back(leaf.variable ? Variable(leaf.variable).value(location) : leaf.tensor);
    check_target(target_tensors[i], given ? options.output_gradients[i] : Tensor(), location);
    target_ids.push_back(find(target_tensors[i]));
  }
  for (const detail::GradientLeaf &source : sources.leaves)
    source_ids.push_back(source_id(source, location));
  finish(location);

  TapeReading reading(*this);
  CallExpr::Context &context = reading.context_at(location);
  std::vector<std::pair<Tensor, Tensor>> seeds;
  for (size_t i = 0; i < target_tensors.size(); ++i) {
    const bool is_given = given && options.output_gradients[i].defined();
    if (target_ids[i] >= 0)
      seeds.emplace_back(target_tensors[i],
                         is_given ? options.output_gradients[i]
                                  : filled_like(context, CallExpr(context, target_tensors[i]), 1.0).tensor());
  }
  std::vector<Tensor> result = reverse(reading, seeds, sources.leaves, source_ids, location);
  for (size_t i = 0; i < result.size(); ++i)
    if (!result[i].defined())
      result[i] = unconnected(sources.leaves[i], source_ids[i], target_ids, options.unconnected, location);
  if (!options_.persistent)
    forget();
  return result;
} catch (const Error &) {
  Dispatcher::current().expansion_failed();
  throw;
}

std::vector<Tensor> Tape::rows(const Tensor &target, const detail::GradientLeaf &source, std::span<const Tensor> seeds,
                               Location location) try {
  require_usable("jacobian", location);
  check_target(target, {}, location);
  const int ids[] = {source_id(source, location)};
  const bool is_tracked = tracks(target);
  finish(location);
  TapeReading reading(*this);
  std::vector<Tensor> rows;
  for (const Tensor &seed : seeds) {
    const std::pair<Tensor, Tensor> seeded[] = {{target, seed}};
    const Tensor row = is_tracked ? reverse(reading, seeded, {&source, 1}, ids, location).front() : Tensor();
    if (row.defined())
      rows.push_back(row);
  }
  if (!options_.persistent)
    forget();
  return rows;
} catch (const Error &) {
  Dispatcher::current().expansion_failed();
  throw;
}

std::vector<Tensor> Tape::reverse(TapeReading &reading, std::span<const std::pair<Tensor, Tensor>> seeds,
                                  std::span<const detail::GradientLeaf> sources, std::span<const int> source_ids,
                                  Location location) const {
  Dispatcher &base = Dispatcher::current().base();
  const size_t first = base.recorded_calls();
  CallExpr::Context &context = reading.context_at(location);
  std::vector<std::pair<int, CallExpr>> seeded;
  for (const auto &[target, seed] : seeds)
    seeded.emplace_back(find(target), CallExpr(context, seed));
  // A persistent tape notes the calls that compute this.
  const size_t noted_calls = calls_.size();
  std::vector<Tensor> gradients;
  for (const auto &gradient : expansion::reverse_mode(reading, seeded, source_ids))
    gradients.push_back(gradient ? gradient->tensor() : Tensor());
  if (!base.is_recording())
    return gradients;
  std::vector<const Tensor *> noted;
  for (size_t call = 0; call < noted_calls; ++call) {
    if (calls_[call].call) // has no op that says what its gradient is
      return gradients;
    noted.push_back(&values_[static_cast<size_t>(calls_[call].result_ids.front())]);
  }
  base.gradient_computed(first, {seeds, sources, gradients, noted, location});
  return gradients;
}

std::vector<Tensor> Tape::pull_back(std::span<const std::pair<detail::GradientLeaf, Tensor>> seeds,
                                    std::span<const detail::GradientLeaf> sources, Location location) {
  is_paused_ = true;
  TapeReading reading(*this);
  CallExpr::Context &context = reading.context_at(location);
  std::vector<std::pair<int, CallExpr>> seeded;
  for (const auto &[value, seed] : seeds)
    seeded.emplace_back(id_of(value), CallExpr(context, seed));
  std::vector<int> ids;
  for (const detail::GradientLeaf &source : sources)
    ids.push_back(id_of(source));
  std::vector<Tensor> result;
  for (const auto &gradient : expansion::reverse_mode(reading, seeded, ids))
    result.push_back(gradient ? gradient->tensor() : Tensor());
  return result;
}

std::string Tape::cut_between(int source, std::span<const int> targets) const {
  const TapeReading reading(*this);
  std::vector<bool> depends(values_.size()), reaches(values_.size());
  const auto mark = [](std::vector<bool> &marked, int id) {
    if (id >= 0)
      marked[static_cast<size_t>(id)] = true;
  };
  const auto is_marked = [](const std::vector<bool> &marked, int id) {
    return id >= 0 && marked[static_cast<size_t>(id)];
  };
  const auto marks = [&](const std::vector<bool> &marked, const std::vector<int> &ids) {
    std::vector<bool> marks;
    for (const int id : ids)
      marks.push_back(is_marked(marked, id));
    return marks;
  };
  const auto leads = [](const Noted &call, size_t operand, size_t result) {
    return !call.call || call.call->depends(result, operand);
  };
  mark(depends, source);
  for (const int target : targets)
    mark(reaches, target);
  for (const Noted &call : calls_)
    for (size_t i = 0; i < call.operand_ids.size(); ++i)
      for (size_t j = 0; is_marked(depends, call.operand_ids[i]) && j < call.result_ids.size(); ++j)
        if (leads(call, i, j))
          mark(depends, call.result_ids[j]);
  for (size_t c = calls_.size(); c-- > 0;)
    for (size_t j = 0; j < calls_[c].result_ids.size(); ++j)
      for (size_t i = 0; is_marked(reaches, calls_[c].result_ids[j]) && i < calls_[c].operand_ids.size(); ++i)
        if (leads(calls_[c], i, j))
          mark(reaches, calls_[c].operand_ids[i]);
  const auto any = [](const std::vector<bool> &marks) { return std::ranges::find(marks, true) != marks.end(); };
  for (size_t c = 0; c < calls_.size(); ++c) {
    const Noted &call = calls_[c];
    const std::vector<bool> from = marks(depends, call.operand_ids), to = marks(reaches, call.result_ids);
    if (!any(from) || !any(to))
      continue;
    if (call.call) {
      if (const std::string inside = call.call->cut_between(from, to); !inside.empty())
        return "; no gradient passes" + inside;
    } else if (reading.is_cut(c)) {
      return std::string("; no gradient passes ") + call.op->name + place(call.location);
    }
  }
  return "; no operation leads from it there";
}

Tensor Tape::unconnected(const detail::GradientLeaf &source, int id, std::span<const int> targets, Unconnected rule,
                         Location location) const {
  ETCH_REQUIRE(rule != Unconnected::raise, ErrorCode::invalid_argument, location)
      << "gradient: sources must be connected to the target, got " << text_of(source) << cut_between(id, targets);
  if (rule == Unconnected::none)
    return {};
  CallExpr::Context context(Dispatcher::current(), nullptr, location);
  if (!source.variable)
    return filled_like(context, CallExpr(context, source.tensor), 0.0).tensor();
  const ops::Dims dims(source.variable->shape.begin(), source.variable->shape.end());
  return expansion::full(context, dims, ops::Scalar::of(source.variable->dtype, 0.0)).tensor();
}

} // namespace etch::runtime
