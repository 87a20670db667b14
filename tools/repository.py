# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the repository checks share: which files are ours, and how to read C++ without a compiler."""

import argparse
import pathlib
import re
import sys

# Leaves first; the order of add_subdirectory in the top CMakeLists.txt.
MODULES = ["support", "ops", "runtime", "ir", "passes", "codegen", "tracer"]
FOLDERS = ["include", *MODULES, "nn", "tools", "examples", "benchmarks", "tests"]
SOURCE_SUFFIXES = {".cpp", ".h", ".inc"}


def files(root, suffixes, folders=FOLDERS):
    """Our own files with these suffixes, relative to the root."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix in suffixes:
                yield path.relative_to(root)


def blank_comments(text, keep_strings=True):
    """The text with comments, and strings if asked, replaced by blanks of the same length and the same lines."""
    pattern = re.compile(
        r'R"(?P<raw>[^()\\ ]{0,16})\(.*?\)(?P=raw)"'  # raw string
        r'|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'"
        r"|//[^\n]*"
        r"|/\*.*?\*/",
        re.S,
    )

    def blank(match):
        token = match.group(0)
        if keep_strings and not token.startswith("/"):
            return token
        return re.sub(r"[^\n]", " ", token)

    return pattern.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def run(description, check):
    """Runs check(root) -> list of complaints; prints them and exits with 1 if there are any."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("root", nargs="?", default=pathlib.Path(__file__).resolve().parent.parent, type=pathlib.Path)
    root = parser.parse_args().root.resolve()
    complaints = check(root)
    for complaint in complaints:
        print(complaint)
    if complaints:
        print(f"{pathlib.Path(sys.argv[0]).name}: {len(complaints)} complaint(s)", file=sys.stderr)
    sys.exit(1 if complaints else 0)
