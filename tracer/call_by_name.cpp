// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/call_by_name.h"

#include "support/require.h"
#include "tracer/concrete_function.h"

#include <algorithm>

namespace etch::tracer {
namespace {

using detail::Leaf;

/// "'x', 'y'"; "none" for nothing.
std::string list_text(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "'" : ", '") + name + "'";
  return text.empty() ? "none" : text;
}

/// Where a name is among those that there are.
size_t position_of(const std::string &function, const char *what, const std::string &name,
                   const std::vector<std::string> &names, Location location) {
  const auto found = std::ranges::find(names, name);
  ETCH_REQUIRE(found != names.end(), ErrorCode::invalid_argument, location)
      << function << ": "
      << (names.empty() ? std::string("there is no ") + what : std::string("a ") + what + " must be one of ")
      << (names.empty() ? "" : list_text(names)) << ", got '" << name << "'";
  return static_cast<size_t>(found - names.begin());
}

template <class Value>
const Value &given_value(const std::string &function, const char *what, const std::map<std::string, Value> &given,
                         const std::string &name, Location location) {
  const auto found = given.find(name);
  std::vector<std::string> names;
  for (const auto &[other, value] : given)
    names.push_back(other);
  ETCH_REQUIRE(found != given.end(), ErrorCode::invalid_argument, location)
      << function << ": a " << what << " must be given for '" << name << "', got " << list_text(names);
  return found->second;
}

std::vector<std::string> names_of(const Trace &trace, Leaf::Kind kind) {
  std::vector<std::string> names;
  for (const Leaf &leaf : trace.leaves)
    if (leaf.kind == kind)
      names.push_back(user_path(leaf.path));
  return names;
}

} // namespace

std::vector<std::string> argument_names(const Trace &trace) {
  std::vector<std::string> names = names_of(trace, Leaf::Kind::tensor);
  for (size_t i = names.size(); i-- > 0;)
    if (trace.arguments[i] == Trace::kUndefined)
      names.erase(names.begin() + static_cast<std::ptrdiff_t>(i));
  return names;
}

std::vector<std::string> result_names(const Trace &trace, void (*list)(detail::LeafList &list)) {
  detail::LeafList leaves{trace.result_tokens.data()};
  list(leaves);
  std::vector<std::string> names;
  for (const Leaf &leaf : leaves.leaves)
    if (leaf.kind == Leaf::Kind::tensor)
      names.push_back(leaf.path);
  return names;
}

NamedArguments::NamedArguments(const ConcreteFunction &function, const detail::CallableType &type,
                               const std::map<std::string, Tensor> &tensors,
                               const std::map<std::string, Variable> &variables, Location location) {
  const Trace &trace = function.trace();
  for (const auto &[name, tensor] : tensors)
    position_of(trace.name, "feed", name, argument_names(trace), location);
  for (const auto &[name, variable] : variables)
    position_of(trace.name, "Variable", name, names_of(trace, Leaf::Kind::variable), location);
  arguments_.type = &type;
  size_t position = 0;
  for (const std::string &name : names_of(trace, Leaf::Kind::tensor)) {
    if (trace.arguments[position++] == Trace::kUndefined) {
      arguments_.tensor(undefined_);
      continue;
    }
    const Tensor &tensor = given_value(trace.name, "feed", tensors, name, location);
    ETCH_REQUIRE(tensor.defined(), ErrorCode::invalid_argument, location)
        << trace.name << ": the feed of '" << name << "' must be a tensor, got undefined";
    arguments_.tensor(tensor);
  }
  for (const std::string &name : names_of(trace, Leaf::Kind::variable))
    arguments_.variable(given_value(trace.name, "Variable", variables, name, location));
  // A signature begins with the tokens of the arguments, and what lists them knows where they end.
  detail::LeafList values{function.signature().data()};
  type.list(values, std::vector<std::string>(static_cast<size_t>(type.parameter_count)));
  for (const uint64_t *token = function.signature().data(); token != values.tokens; ++token)
    arguments_.token(*token);
}

std::vector<size_t> fetched(const std::string &function, const std::vector<std::string> &names,
                            const std::vector<std::string> &fetches, Location location) {
  std::vector<size_t> positions;
  for (const std::string &fetch : fetches)
    positions.push_back(position_of(function, "fetch", fetch, names, location));
  return positions;
}

} // namespace etch::tracer
