// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/explain.h"

#include "tracer/leaves.h"

#include <algorithm>
#include <map>

namespace etch::tracer {
namespace {

using detail::Leaf;

constexpr size_t kMostPlaces = 5; // in a message

std::string variable_text(const ArgumentVariable &variable, size_t position) {
  std::string text = "Variable " + variable.type.message_text();
  if (!variable.trainable)
    text += ", not trainable";
  if (static_cast<size_t>(variable.first) != position)
    text += ", the same as Variable number " + std::to_string(variable.first);
  return text;
}

/// In the presence of another, which may read the same.
std::string text_of(const SignaturePart *part, const SignaturePart *other) {
  return !part ? "nothing" : other ? distinct_text(*part, *other) : part->text;
}

/// A number among the arguments, as against a size, a bool or a string.
bool is_number(const std::string &path, const std::string &text) {
  return path.back() != ')' && text.front() != '"' && text != "true" && text != "false" && text != "nothing";
}

/// What to change so that a place that varies does not cause another trace; empty where nothing is certain.
std::string remedy(const SignaturePart &now, const std::string &before) {
  if (now.kind == Leaf::Kind::value && is_number(now.path, now.text) && is_number(now.path, before))
    return "pass it as etch::Dyn or a Tensor, so that its value is no part of the signature";
  const auto dtype_and_rank = [](const std::string &text) {
    const bool is_scalar = text.find("[]") != std::string::npos;
    return std::pair(text.substr(0, text.find('[')), is_scalar ? -1 : std::ranges::count(text, ','));
  };
  if (now.kind == Leaf::Kind::tensor && dtype_and_rank(before) == dtype_and_rank(now.text))
    return "declare the dimensions that vary etch::dyn in Options::input_signature";
  return "";
}

const SignaturePart *find_path(std::span<const SignaturePart> parts, const std::string &path) {
  const auto found = std::ranges::find(parts, path, &SignaturePart::path);
  return found == parts.end() ? nullptr : &*found;
}

/// `tensor_text` tells of each flat tensor.
template <class TensorText>
std::vector<SignaturePart> parts_of(std::span<const Leaf> leaves, const TensorText &tensor_text,
                                    std::span<const ArgumentVariable> variables) {
  std::vector<SignaturePart> parts;
  size_t tensor = 0, variable = 0;
  for (const Leaf &leaf : leaves) {
    parts.push_back(leaf);
    if (leaf.kind == Leaf::Kind::tensor)
      parts.back().text = tensor_text(tensor++);
    if (leaf.kind == Leaf::Kind::variable) {
      parts.back().text = variable_text(variables[variable], variable);
      ++variable;
    }
  }
  return parts;
}

} // namespace

std::vector<SignaturePart> signature_of(std::span<const Leaf> leaves, const detail::FlatArguments &arguments) {
  const auto tensor_text = [&](size_t i) { return spec_text(*arguments.tensors.data()[i]); };
  return parts_of(leaves, tensor_text, argument_variables(arguments.variables.span()));
}

std::vector<SignaturePart> signature_of(const Trace &trace) {
  const auto tensor_text = [&](size_t i) {
    const int value = trace.arguments[i];
    return value == Trace::kUndefined ? "undefined" : trace.type(value).message_text();
  };
  return parts_of(trace.leaves, tensor_text, trace.argument_variables);
}

std::vector<SignatureDifference> differences(std::span<const SignaturePart> before,
                                             std::span<const SignaturePart> now) {
  std::vector<SignatureDifference> result;
  for (const SignaturePart &part : now) {
    const SignaturePart *old = find_path(before, part.path);
    if (!old || !is_same(*old, part))
      result.push_back({old, &part});
  }
  for (const SignaturePart &part : before)
    if (!find_path(now, part.path))
      result.push_back({&part, nullptr});
  return result;
}

std::string explain_trace(std::span<const std::vector<SignaturePart>> known, std::span<const SignaturePart> now) {
  if (known.empty())
    return "it has not been traced before";
  std::vector<SignatureDifference> closest = differences(known.back(), now);
  for (size_t i = known.size() - 1; i-- > 0;) // of equals, the latest
    if (auto found = differences(known[i], now); found.size() < closest.size())
      closest = std::move(found);
  if (closest.empty()) // two types of one name, or a trace that is bound to its Variables
    return "no signature is known that equals this one; the closest reads the same, for other types or Variables of "
           "the same names";
  std::string text = "no signature is known that equals this one; the closest differs in";
  for (size_t i = 0; i < closest.size() && i < kMostPlaces; ++i) {
    const auto &[before, now_there] = closest[i];
    text +=
        "\n  " + closest[i].path() + ": " + text_of(before, now_there) + " before, now " + text_of(now_there, before);
    if (const std::string help = before && now_there ? remedy(*now_there, before->text) : ""; !help.empty())
      text += " (" + help + ")";
  }
  if (closest.size() > kMostPlaces)
    text += "\n  and " + std::to_string(closest.size() - kMostPlaces) + " other places";
  return text;
}

std::optional<std::string> RetraceWatch::traced(const std::string &function, int64_t call,
                                                std::vector<SignaturePart> signature) {
  std::lock_guard lock(mutex_);
  recent_.emplace_back(call, std::move(signature));
  if (recent_.size() > kTraces)
    recent_.pop_front();
  const int64_t calls = call - recent_.front().first + 1;
  if (recent_.size() < kTraces || calls > kCalls || warnings_ == kMostWarnings)
    return std::nullopt;
  ++warnings_;
  // The place that varied most is the one to change.
  std::map<std::string, int> changes;
  for (size_t i = 1; i < recent_.size(); ++i)
    for (const SignatureDifference &place : differences(recent_[i - 1].second, recent_[i].second))
      ++changes[place.path()];
  std::string text = "function '" + function + "' was traced " + std::to_string(kTraces) + " times in its last " +
                     std::to_string(calls) + " calls";
  if (!changes.empty()) {
    const std::string path =
        std::ranges::max_element(changes, {}, [](const auto &entry) { return entry.second; })->first;
    text += ", because " + path + " varied: ";
    std::string help;
    const SignaturePart *before = nullptr;
    for (const auto &[number, parts] : recent_) {
      const SignaturePart *part = find_path(parts, path);
      text += (&parts == &recent_.front().second ? "" : ", ") + (part ? part->text : "nothing");
      if (before && part && help.empty())
        help = remedy(*part, before->text);
      before = part;
    }
    if (!help.empty())
      text += "\n  help: " + help;
  }
  recent_.clear(); // the next warning is for further traces
  return text;
}

std::optional<std::string> wrapper_ended(const std::string &function, Location made_at) {
  using Counts = std::map<std::pair<std::string, int>, size_t>;
  static std::mutex mutex;
  static Counts *ended = new Counts; // never destroyed: static Functions end late
  if (!made_at.known())
    return std::nullopt;
  std::lock_guard lock(mutex);
  if (++(*ended)[{made_at.file, made_at.line}] != RetraceWatch::kTraces)
    return std::nullopt;
  return "function '" + function + "', wrapped at " + made_at.file + ":" + std::to_string(made_at.line) +
         ", is the fifth wrapper from that line to be traced and dropped without a second call" +
         "\n  help: wrap the callable once, outside the loop, and call the same wrapper";
}

} // namespace etch::tracer
