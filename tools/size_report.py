#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints lines per module and holds files, functions and public headers against their budgets."""

import ast
import pathlib
import re
import statistics

import repository

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60
MAX_PUBLIC_HEADERS = 12
# The list of phases is one function on purpose: it is the table of contents of the compiler.
FUNCTION_BUDGETS = {"codegen/pipeline.cpp": 120}

SCOPE = re.compile(r"\s*(?:inline\s+|typedef\s+|static\s+|\[\[.*?\]\]\s*)*(?:namespace|class|struct|union|enum|extern)\b")


def without_preprocessor(text):
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.M)


def without_template_heads(header):
    """Drops template<…> lists, whose `class` is no class."""
    while (match := re.search(r"\btemplate\s*<", header)):
        depth, end = 1, match.end()
        while end < len(header) and depth:
            depth += {"<": 1, ">": -1}.get(header[end], 0)
            end += 1
        header = header[: match.start()] + header[end:]
    return header


def kind_of(header):
    """What the brace after this text opens: a scope that holds functions, a function body, or a list of values."""
    header = without_template_heads(header).strip()
    if SCOPE.match(header):
        return "scope"
    if ")" not in header or header.endswith("="):
        return "values"
    # `Foo() : a_{1}` opens values, `Foo() : a_(1) {` and `Foo() const {` open the body.
    in_initializers = re.search(r"\)\s*(?:noexcept\s*)?:(?!:)", header) is not None
    if in_initializers and re.search(r"[\w>]$", header):
        return "values"
    return "function"


def functions(text):
    """(first line, line count, header) of every outermost function body; lambdas count as part of their function."""
    text = without_preprocessor(repository.blank_comments(text, keep_strings=False))
    stack = []
    header_start = 0
    for match in re.finditer(r"[{};]", text):
        token, at = match[0], match.start()
        in_function = any(kind == "function" for kind, _, _ in stack)
        if token == "{":
            header = text[header_start:at]
            kind = "inner" if in_function else kind_of(header)
            stack.append((kind, at, header))
            if kind == "scope":
                header_start = match.end()
        elif token == "}" and stack:
            kind, begin, header = stack.pop()
            if kind == "function":
                first = repository.line_of(text, begin - len(header.lstrip()))
                yield first, repository.line_of(text, at) - first + 1, " ".join(header.split())
            if kind in ("function", "scope"):
                header_start = match.end()
        elif token == ";" and not in_function and (not stack or stack[-1][0] == "scope"):
            header_start = match.end()


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1, f"def {node.name}"


def check_sizes(root):
    for path in repository.files(root, repository.SOURCE_SUFFIXES | {".td", ".py", ".def"}):
        text = (root / path).read_text()
        lines = text.count("\n")
        if lines > MAX_FILE_LINES:
            yield f"{path}: a file has at most {MAX_FILE_LINES} lines, got {lines}"
        found = python_functions(text) if path.suffix == ".py" else functions(text) if path.suffix != ".td" else ()
        budget = FUNCTION_BUDGETS.get(path.as_posix(), MAX_FUNCTION_LINES)
        for first, count, header in found:
            if count > budget:
                yield f"{path}:{first}: a function has at most {budget} lines, got {count}: {header[-80:]}"
    headers = [file for file in repository.files(root, {".h"}, ["include"]) if "detail" not in file.parts]
    if len(headers) > MAX_PUBLIC_HEADERS:
        yield f"include: there are at most {MAX_PUBLIC_HEADERS} public headers, got {len(headers)}"


def print_report(root):
    print(f"{'module':12} {'files':>5} {'lines':>7} {'median':>7} {'largest':>8}")
    for folder in repository.FOLDERS:
        sizes = [(root / path).read_text().count("\n")
                 for path in repository.files(root, repository.SOURCE_SUFFIXES | {".td", ".py", ".def"}, [folder])]
        if sizes:
            print(f"{folder:12} {len(sizes):5} {sum(sizes):7} {statistics.median(sizes):7.0f} {max(sizes):8}")


def check(root: pathlib.Path):
    print_report(root)
    return list(check_sizes(root))


if __name__ == "__main__":
    repository.run(__doc__, check)
