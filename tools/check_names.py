#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Holds names against CONTRIBUTING.md: files, classes, tests, passes, and no list of op names in C++."""

import pathlib
import re

import repository

LICENSE_LINE = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
# Names that tools look for.
FIXED_NAMES = {"lit.cfg.py", "lit.site.cfg.py"}
FORBIDDEN_WORDS = r"(?:Manager|Helper|Util|Utils|Impl2)"
# More op names than this in one hand-written file are a list, and lists drift.
MAX_OP_NAMES = 3


def check_files(root):
    suffixes = repository.SOURCE_SUFFIXES | {".td", ".py", ".cmake", ".mlir", ".def"}
    for path in repository.files(root, suffixes):
        if path.name not in FIXED_NAMES and not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*\.[a-z]+", path.name):
            yield f"{path}: file names are snake_case"
        if re.search(r"(^|_)(manager|helper|helpers|util|utils)(_|\.)", path.name):
            yield f"{path}: a file is named after what it holds, not manager, helper or util"
        first_lines = (root / path).read_text().split("\n", 2)[:2]
        if path.suffix != ".mlir" and not any(LICENSE_LINE in line for line in first_lines):
            yield f"{path}:1: the first line must be the license line ({LICENSE_LINE})"


def check_sources(root):
    for path in repository.files(root, repository.SOURCE_SUFFIXES):
        text = repository.blank_comments((root / path).read_text())
        code = repository.blank_comments((root / path).read_text(), keep_strings=False)
        for match in re.finditer(rf"\b(?:class|struct)\s+(\w*{FORBIDDEN_WORDS})\b", code):
            yield f"{path}:{repository.line_of(code, match.start())}: a class is named after what it is, got {match[1]}"
        for match in re.finditer(r"\bTEST(?:_F|_P)?\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)", code):
            if not re.fullmatch(r"[A-Z]\w*", match[1]) or not re.fullmatch(r"(?:[A-Z][a-z0-9]*){2,}", match[2]):
                yield (f"{path}:{repository.line_of(code, match.start())}: test names are CamelCase sentences such as "
                       f"RetracesWhenRankChanges, got {match[1]}.{match[2]}")
        if path.parts[0] != "support":
            for match in re.finditer(r"\bgetenv\s*\(\s*([^)]*)\)", text):
                # Terminals agree on NO_COLOR; it is not one of etch's own variables.
                if match[1].strip() != '"NO_COLOR"':
                    yield f"{path}:{repository.line_of(text, match.start())}: only support/ reads the environment"


def check_passes(root):
    """passes/foo_bar.cpp = etch-foo-bar = tests/passes/foo_bar.mlir."""
    sources = {path.stem: (root / path).read_text() for path in repository.files(root, {".cpp"}, ["passes"])}
    declarations = [(root / path).read_text() for path in repository.files(root, {".cpp", ".h", ".td"}, ["passes"])]
    registered = {name.replace("-", "_") for text in declarations for name in re.findall(r'"etch-([a-z0-9-]+)"', text)}
    tests = {path.stem for path in repository.files(root, {".mlir"}, ["tests"]) if path.parts[1] == "passes"}
    for name in sorted(registered):
        if name not in sources:
            yield f"passes: pass etch-{name.replace('_', '-')} must live in passes/{name}.cpp"
        if name not in tests:
            yield f"passes: pass etch-{name.replace('_', '-')} must have tests/passes/{name}.mlir"
    for name, text in sorted(sources.items()):
        if name not in registered and "runOnOperation" in repository.blank_comments(text):
            yield f"passes/{name}.cpp: a pass file registers the pass etch-{name.replace('_', '-')}"
    for name in sorted(tests - registered):
        yield f"tests/passes/{name}.mlir: no pass etch-{name.replace('_', '-')} is registered"


def op_names(root):
    names = set()
    for path in repository.files(root, {".td"}, ["ops"]):
        names.update(re.findall(r'^def\s+\w+\s*:\s*\w+<\s*"(\w+)"', (root / path).read_text(), re.M))
    return names


def check_op_lists(root):
    names = op_names(root)
    folders = [folder for folder in repository.FOLDERS if folder not in ("tests", "examples", "benchmarks")]
    for path in repository.files(root, {".cpp", ".h"}, folders):
        text = repository.blank_comments((root / path).read_text())
        found = sorted(names.intersection(re.findall(r'"(?:etch\.)?(\w+)"', text)))
        if len(found) > MAX_OP_NAMES:
            yield f"{path}: ask an interface or the registry instead of naming ops, got {', '.join(found)}"


def check(root: pathlib.Path):
    return [*check_files(root), *check_sources(root), *check_passes(root), *check_op_lists(root)]


if __name__ == "__main__":
    repository.run(__doc__, check)
