// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/name_scope.h"

#include <etch/options.h>

namespace etch {
namespace {

thread_local std::string path;

} // namespace

NameScope::NameScope(const std::string &name) : outer_length_(path.size()) {
  if (!path.empty() && !name.empty())
    path += '/';
  path += name;
}

NameScope name_scope(const std::string &name) { return NameScope(name); }

NameScope::~NameScope() { path.resize(outer_length_); }

const std::string &tracer::current_name_scope() { return path; }

tracer::FreshNameScope::FreshNameScope() { outer_.swap(path); }
tracer::FreshNameScope::~FreshNameScope() { outer_.swap(path); }

} // namespace etch
