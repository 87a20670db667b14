// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#define ETCH_VERSION_MAJOR 0
#define ETCH_VERSION_MINOR 1
#define ETCH_VERSION_PATCH 0
#define ETCH_VERSION "0.1.0"
