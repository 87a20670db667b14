// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/dispatcher.h"

namespace etch::runtime {

/// What default constructors run in where the library makes an object only to set its fields: Variables they make
/// belong to nobody, those they write keep their values, nothing is printed, and no trace or tape sees it.
Dispatcher &construction_dispatcher();
/// Forgets what this thread has written there.
void end_construction();

} // namespace etch::runtime
