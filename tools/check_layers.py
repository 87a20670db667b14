#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Holds includes and link commands against the module graph of docs/architecture.md."""

import pathlib
import re

import repository

# What a folder may include or link, besides itself and the public headers. There are no exception entries: a new arrow
# is a decision about the architecture.
ALLOWED = {
    "include": [],
    "support": [],
    "ops": ["support"],
    "runtime": ["support", "ops"],
    "ir": ["support", "ops"],
    "passes": ["support", "ops", "ir"],
    "codegen": ["support", "ops", "ir", "passes", "runtime/abi.h", "runtime/cpu_level.h", "runtime/executable.h"],
    "tracer": ["support", "ops", "runtime", "ir", "passes", "codegen"],
    "nn": [],
    "examples": ["nn"],
    "benchmarks": ["nn"],
    "tools": repository.MODULES,
    "tests": repository.FOLDERS,
}
# Folders whose code may include MLIR and LLVM headers.
COMPILER_FOLDERS = ("ir", "passes", "codegen", "tracer", "tools", "tests", "ops/opgen")
# Folders whose code may include Eigen: one public adapter, linear algebra in the runtime, oracles.
EIGEN_PLACES = ("include/etch/eigen.h", "runtime", "tests", "benchmarks", "examples")
# Instruction-set levels are compiled apart; the linker would merge Eigen's and std's templates across them.
LEVEL_CODE = "runtime/kernels"
STD_CONTAINERS = {"vector", "string", "map", "unordered_map", "set", "deque", "list", "functional", "sstream", "iostream"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>]+)>|"([^"]+)")', re.M)


def below(path, places):
    return any(path == place or path.startswith(place + "/") for place in places)


def may_include(folder, target):
    """Whether files of `folder` may see the repository file `target`."""
    return target.split("/")[0] == folder or below(target, ALLOWED[folder])


def check_include(path, target, is_quoted):
    folder = path.split("/")[0]
    first = target.split("/")[0]
    if first in ("mlir", "llvm", "mlir-c", "llvm-c"):
        if not below(path, COMPILER_FOLDERS):
            return f"{folder} must not see LLVM or MLIR"
    elif first in ("Eigen", "unsupported"):
        if not below(path, EIGEN_PLACES) or below(path, [LEVEL_CODE]):
            return "Eigen must not be included here"
    elif first == "etch":
        return "public headers are included as <etch/…>" if is_quoted else None
    elif first in repository.FOLDERS:
        if not is_quoted:
            return 'internal headers are included with quotes, as "folder/file.h"'
        if not may_include(folder, target):
            return f"{folder} must not see {target}"
    elif is_quoted and not target.endswith(".inc"):
        return "includes are written from the repository root"
    elif below(path, [LEVEL_CODE]) and target in STD_CONTAINERS:
        return "code compiled per instruction-set level uses no standard containers"
    return None


def check_includes(root):
    for relative in repository.files(root, repository.SOURCE_SUFFIXES):
        text = repository.blank_comments((root / relative).read_text())
        for match in INCLUDE.finditer(text):
            target = match[1] or match[2]
            complaint = check_include(relative.as_posix(), target, match[1] is None)
            if complaint:
                yield f"{relative}:{repository.line_of(text, match.start())}: {complaint}: {target}"


def commands(path):
    """(line, name, arguments) of every command of a CMake file."""
    text = re.sub(r"#[^\n]*", "", path.read_text())
    for match in re.finditer(r"(\w+)\s*\(((?:[^()]|\([^()]*\))*)\)", text):
        yield repository.line_of(text, match.start()), match[1].lower(), match[2].split()


def target_owners(root, lists):
    owners = {"etch::etch": "include", "etch": "include", "etch::nn": "nn"}
    for path in lists:
        folder = path.relative_to(root).parts[0]
        for _, name, arguments in commands(path):
            if re.match(r"(etch_)?add_\w*(library|executable|module)", name) and arguments and "$" not in arguments[0]:
                owners.setdefault(arguments[0], folder)
    return owners


def may_link(folder, owner):
    return owner in (folder, "include") or any(place.split("/")[0] == owner for place in ALLOWED[folder])


def check_links(root):
    lists = [path for folder in repository.FOLDERS for path in sorted((root / folder).rglob("CMakeLists.txt"))]
    owners = target_owners(root, lists)
    for path in lists:
        relative = path.relative_to(root)
        folder = relative.parts[0]
        for line, name, arguments in commands(path):
            if name != "target_link_libraries" or not arguments:
                continue
            for library in arguments[1:]:
                owner = owners.get(library)
                if owner and not may_link(folder, owner):
                    yield f"{relative}:{line}: {folder} must not link {library}, which belongs to {owner}"
                if library in ("etch_mlir", "MLIR", "LLVM") or library.startswith(("MLIR", "LLVM")):
                    if not below(relative.parent.as_posix(), COMPILER_FOLDERS) and folder != "ops":
                        yield f"{relative}:{line}: {folder} must not link {library}"


def check_order(root):
    top = root / "CMakeLists.txt"
    if not top.exists():
        return
    order = [arguments[0] for _, name, arguments in commands(top) if name == "add_subdirectory" and arguments]
    order = [folder for folder in order if folder in repository.MODULES]
    if order != [folder for folder in repository.MODULES if folder in order]:
        yield f"CMakeLists.txt: modules must be added leaves first ({', '.join(repository.MODULES)}), got {', '.join(order)}"


def check(root: pathlib.Path):
    return [*check_includes(root), *check_links(root), *check_order(root)]


if __name__ == "__main__":
    repository.run(__doc__, check)
