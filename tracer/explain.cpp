// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/explain.h"

#include "tracer/leaves.h"

#include <etch/environment.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <string_view>

namespace etch::tracer {
namespace {

using detail::Leaf;

constexpr size_t kMostPlaces = 5; // in a message

/// In the presence of another, which may read the same.
std::string text_of(const SignaturePart *part, const SignaturePart *other) {
  return !part ? "nothing" : other ? distinct_text(*part, *other) : part->text;
}

/// What the dimensions are of: dtype and rank, as text.
std::pair<std::string, std::ptrdiff_t> dtype_and_rank(const std::string &text) {
  const bool is_scalar = text.find("[]") != std::string::npos;
  return {text.substr(0, text.find('[')), is_scalar ? -1 : std::ranges::count(text, ',')};
}

/// Whether one extent in a text is among those that another stands for: "?", "5..8", "9.." or itself.
bool serves_extent(std::string_view spec, std::string_view extent) {
  if (spec == "?" || spec == extent)
    return true;
  const size_t dots = spec.find("..");
  int64_t number = 0, begin = 0, end = std::numeric_limits<int64_t>::max();
  const auto read = [](std::string_view digits, int64_t &value) {
    return std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc();
  };
  if (dots == std::string_view::npos || !read(extent, number) || !read(spec.substr(0, dots), begin))
    return false;
  read(spec.substr(dots + 2), end);
  return begin <= number && number <= end;
}

/// Whether a trace for tensors of the first text, "f32[?,3]", is one for those of the second, "f32[7,3]".
bool serves(std::string_view spec, std::string_view tensor) {
  const auto next_extent = [](std::string_view &text) {
    const size_t end = std::min(text.find_first_of(",]"), text.size());
    const std::string_view extent = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return extent;
  };
  const size_t begin = spec.find('[') + 1;
  if (begin == 0 || spec.substr(0, begin) != tensor.substr(0, begin) ||
      std::ranges::count(spec, ',') != std::ranges::count(tensor, ','))
    return false;
  spec.remove_prefix(begin);
  tensor.remove_prefix(begin);
  while (!spec.empty())
    if (!serves_extent(next_extent(spec), next_extent(tensor)))
      return false;
  return tensor.empty();
}

bool differ_in_extents(const SignaturePart &a, const SignaturePart &b) {
  return a.kind == Leaf::Kind::tensor && a.kind == b.kind && a.text != "undefined" && b.text != "undefined" &&
         dtype_and_rank(a.text) == dtype_and_rank(b.text);
}

/// What to change so that a place that differs does not cause another trace; empty where there is nothing.
std::string remedy(const SignaturePart *before, const SignaturePart *now, Extents extents) {
  if (!before || !now)
    return "give it in every call, or make one function for the calls with it and one for those without";
  if (before->type != now->type)
    return "give the parameter one type, so that types are no part of the signature";
  if (differ_in_extents(*before, *now))
    return extents == Extents::open ? ""
                                    : "leave the dimensions that vary open, by Options::shapes or as etch::dyn in "
                                      "Options::input_signature";
  if (now->kind == Leaf::Kind::value && now->sort == Leaf::Sort::number)
    return "pass it as etch::Dyn or a Tensor, so that its value is no part of the signature";
  if (now->kind == Leaf::Kind::variable)
    return "make one function for each Variable that differs so";
  if (now->kind == Leaf::Kind::value)
    return now->sort == Leaf::Sort::size
               ? "stack the elements into one tensor, whose first dimension may be open"
               : "make one function for each value, or call this one with each beforehand and freeze() it";
  if (now->text == "undefined" || before->text == "undefined")
    return "pass a tensor in every call, or make one function for the calls with it and one for those without";
  if (dtype_and_rank(before->text).first != dtype_and_rank(now->text).first)
    return "cast it to one dtype before the call";
  return "reshape it to one rank before the call";
}

const SignaturePart *find_path(std::span<const SignaturePart> parts, const std::string &path) {
  const auto found = std::ranges::find(parts, path, &SignaturePart::path);
  return found == parts.end() ? nullptr : &*found;
}

/// `tensor_text` tells of each flat tensor.
template <class TensorText>
std::vector<SignaturePart> parts_of(std::span<const Leaf> leaves, const TensorText &tensor_text,
                                    std::span<const ArgumentVariable> variables, bool checks_integers) {
  std::vector<SignaturePart> parts;
  size_t tensor = 0, variable = 0;
  for (const Leaf &leaf : leaves) {
    parts.push_back(leaf);
    if (leaf.kind == Leaf::Kind::tensor)
      parts.back().text = tensor_text(tensor++);
    if (leaf.kind == Leaf::Kind::variable)
      parts.back().text = variable_text(variables, variable++, leaves);
  }
  if (checks_integers)
    parts.push_back({"CheckIntegers", Leaf::Kind::value, "checks", Leaf::Sort::choice});
  return parts;
}

} // namespace

std::vector<SignaturePart> signature_of(std::span<const Leaf> leaves, const detail::FlatArguments &arguments) {
  const auto tensor_text = [&](size_t i) { return spec_text(*arguments.tensors.data()[i]); };
  return parts_of(leaves, tensor_text, argument_variables(arguments.variables.span()), integers_are_checked());
}

std::vector<SignaturePart> signature_of(const Trace &trace) {
  const auto tensor_text = [&](size_t i) { return argument_text(trace, i); };
  return parts_of(trace.leaves, tensor_text, trace.argument_variables, trace.integers_are_checked);
}

std::vector<SignatureDifference> differences(std::span<const SignaturePart> before, std::span<const SignaturePart> now,
                                             Extents extents) {
  std::vector<SignatureDifference> result;
  for (const SignaturePart &part : now) {
    const SignaturePart *old = find_path(before, part.path);
    const bool serves_it = old && extents == Extents::open && old->kind == Leaf::Kind::tensor &&
                           part.kind == old->kind && serves(old->text, part.text);
    if (!serves_it && (!old || !is_same(*old, part)))
      result.push_back({old, &part});
  }
  for (const SignaturePart &part : before)
    if (!find_path(now, part.path))
      result.push_back({&part, nullptr});
  return result;
}

namespace {

/// What to change, in lines; of several remedies each with the places it is for.
std::string help_lines(std::span<const SignatureDifference> places, Extents extents) {
  // An element that is not there follows from the size that it is a part of.
  const bool has_size = std::ranges::any_of(places, [](const auto &place) { return place.before && place.now; });
  std::vector<std::pair<std::string, std::string>> remedies; // and paths
  for (const SignatureDifference &place : places) {
    std::string text = has_size && !(place.before && place.now) ? "" : remedy(place.before, place.now, extents);
    if (text.empty())
      continue;
    const auto known = std::ranges::find(remedies, text, &std::pair<std::string, std::string>::first);
    if (known == remedies.end())
      remedies.emplace_back(std::move(text), place.path());
    else
      known->second += ", " + place.path();
  }
  std::string lines;
  for (const auto &[text, paths] : remedies)
    lines += "\n  help: " + (remedies.size() > 1 ? paths + ": " : "") + text;
  return lines;
}

} // namespace

std::string explain_trace(std::span<const KnownSignature> known, std::span<const SignaturePart> now, Extents extents) {
  const KnownSignature *closest_known = &known.back();
  std::vector<SignatureDifference> closest = differences(known.back().parts, now, extents);
  for (size_t i = known.size() - 1; i-- > 0;) // of equals, the latest
    if (auto found = differences(known[i].parts, now, extents); found.size() < closest.size()) {
      closest = std::move(found);
      closest_known = &known[i];
    }
  std::string text = "no signature is known that equals this one; the closest is\n  " + closest_known->text;
  if (closest.empty()) // two types of one name, or a trace that is bound to its Variables
    return text + "\n  for other types or Variables of the same names";
  text += "\n  and differs in";
  const std::span<const SignatureDifference> shown(closest.data(), std::min(closest.size(), kMostPlaces));
  for (const SignatureDifference &place : shown)
    text += "\n    " + place.path() + ": " + text_of(place.before, place.now) + " before, now " +
            text_of(place.now, place.before);
  if (closest.size() > kMostPlaces)
    text += "\n    and " + std::to_string(closest.size() - kMostPlaces) + " other places";
  return text + help_lines(shown, extents);
}

namespace {

using Signatures = std::vector<const std::vector<SignaturePart> *>;

/// The place that varied most is the one to change; of equals, the first. Empty where none of these did.
template <class Counts>
std::string most_varied(const Signatures &signatures, const Counts &counts) {
  std::vector<std::pair<std::string, int>> changes;
  for (size_t i = 1; i < signatures.size(); ++i)
    for (const SignatureDifference &place : differences(*signatures[i - 1], *signatures[i], Extents::known)) {
      if (!counts(place))
        continue;
      const auto known = std::ranges::find(changes, place.path(), &std::pair<std::string, int>::first);
      if (known == changes.end())
        changes.emplace_back(place.path(), 1);
      else
        ++known->second;
    }
  return changes.empty() ? "" : std::ranges::max_element(changes, {}, &std::pair<std::string, int>::second)->first;
}

std::string place_that_varies(const Signatures &signatures, Extents extents) {
  // Extents that are open cause no traces, unless nothing else can have caused them.
  const auto is_no_open_extent = [&](const SignatureDifference &place) {
    return extents == Extents::known || !place.before || !place.now || !differ_in_extents(*place.before, *place.now);
  };
  const std::string path = most_varied(signatures, is_no_open_extent);
  return path.empty() ? most_varied(signatures, [](const SignatureDifference &) { return true; }) : path;
}

/// "argument 'n' varied: 1, 2, 3", and what to do about it.
std::string variation(const std::string &path, const Signatures &signatures, Extents extents) {
  std::vector<const SignaturePart *> parts;
  for (const auto *signature : signatures)
    parts.push_back(find_path(*signature, path));
  std::string text, help;
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto reads_the_same = [&](const SignaturePart *other) {
      return parts[i] && other && other->text == parts[i]->text && !is_same(*other, *parts[i]);
    };
    const auto alike = std::ranges::find_if(parts, reads_the_same);
    text += (i ? ", " : "") + text_of(parts[i], alike == parts.end() ? nullptr : *alike);
    if (i == 0)
      continue;
    const SignaturePart *before = parts[i - 1], *now = parts[i];
    const bool differs = before && now ? !is_same(*before, *now) : before != now;
    if (differs && (help.empty() || (before && now && before->type != now->type))) // types first: values follow them
      help = remedy(before, now, extents);
  }
  return path + " varied: " + text + (help.empty() ? "" : "\n  help: " + help);
}

} // namespace

std::optional<std::string> RetraceWatch::traced(const std::string &function, int64_t call,
                                                std::vector<SignaturePart> signature, Extents extents) {
  std::lock_guard lock(mutex_);
  recent_.emplace_back(call, std::move(signature));
  if (recent_.size() > kTraces)
    recent_.pop_front();
  // Threads that call at once may count fewer.
  const int64_t calls = std::max<int64_t>(call - recent_.front().first + 1, kTraces);
  if (recent_.size() < kTraces || calls > kCalls || warnings_ == kMostWarnings)
    return std::nullopt;
  ++warnings_;
  Signatures signatures;
  for (const auto &[number, parts] : recent_)
    signatures.push_back(&parts);
  std::string text = "function '" + function + "' was traced " + std::to_string(kTraces) + " times in its last " +
                     std::to_string(calls) + " calls";
  if (const std::string path = place_that_varies(signatures, extents); !path.empty())
    text += ", because " + variation(path, signatures, extents);
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
