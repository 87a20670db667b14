// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

/// Everything etch promises: tensors and operations that run at once, Variables, and etch::function, which compiles.
#include <etch/dtype.h>
#include <etch/environment.h>
#include <etch/error.h>
#include <etch/function.h>
#include <etch/gradient.h>
#include <etch/ops.h>
#include <etch/random.h>
#include <etch/shape.h>
#include <etch/tensor.h>
#include <etch/variable.h>
