#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes every ```cpp block of README.md and docs/ as a source file, so that a test can compile it.

A block with a main is a program (programs/, compiled and run). Any other block becomes the body of a function that is
compiled but not run (fragments/); its #include lines move to the top, and it may use what earlier blocks of the same
file declared. In a file that begins with `<!-- run -->` the fragments make up a program that is run, with asserts. A block
that follows the comment `<!-- file: examples/hello.cpp -->` must equal that file.
"""

import argparse
import pathlib
import re
import sys

LICENSE_LINE = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n"
BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\s*\n)?^```cpp\n(?P<text>.*?)^```", re.M | re.S)


def blocks(root):
    documents = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    for document in documents:
        if not document.exists():
            continue
        text = document.read_text()
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start("text")) + 1
            yield document.relative_to(root), line, match["file"], match["text"]


def split_includes(text):
    includes = re.findall(r"^#include .*$", text, re.M)
    return includes, re.sub(r"^#include .*\n", "", text, flags=re.M)


def indent(text):
    return "".join("  " + line + "\n" if line else "\n" for line in text.rstrip("\n").split("\n"))


class Document:
    """Gathers the fragments of one file, which read as one text."""

    def __init__(self, path, runs=False):
        self.path = path
        self.runs = runs
        self.includes = ["#include <etch/etch.h>"]
        self.body = ""

    def add(self, line, text):
        includes, rest = split_includes(text)
        self.includes += [include for include in includes if include not in self.includes]
        self.body += f'#line {line + len(includes)} "{self.path}"\n' + indent(rest)

    def source(self):
        asserts = "#undef NDEBUG\n#include <cassert>\n" if self.runs else ""
        main = "\nint main() { fragments(); }\n" if self.runs else ""
        return (LICENSE_LINE + asserts + "\n".join(self.includes) + "\nusing etch::Tensor;\n\nvoid fragments();\n"
                "void fragments() {\n" + self.body + "}\n" + main)


def identifier(path):
    return re.sub(r"\W+", "_", path.with_suffix("").as_posix()).lower()


def check_copy(root, document, line, file, text):
    original = root / file
    if not original.exists():
        return [f"{document}:{line}: the file it shows does not exist: {file}"]
    if original.read_text().removeprefix(LICENSE_LINE).lstrip("\n") != text:
        return [f"{document}:{line}: the block must equal {file}"]
    return []


def extract(root):
    """({name: source}, complaints), names relative to the output folder."""
    sources, complaints, documents = {}, [], {}
    for document, line, file, text in blocks(root):
        if file:
            complaints += check_copy(root, document, line, file, text)
        if re.search(r"\bint main\(", text):
            sources[f"programs/{identifier(document)}_{line}.cpp"] = f'{LICENSE_LINE}#line {line} "{document}"\n{text}'
        else:
            runs = (root / document).read_text().startswith("<!-- run -->")
            documents.setdefault(document, Document(document, runs)).add(line, text)
    for document in documents.values():
        kind = "programs" if document.runs else "fragments"
        sources[f"{kind}/{identifier(document.path)}.cpp"] = document.source()
    return sources, complaints


def write(out, sources):
    """Writes what changed and deletes what is gone, so that unchanged examples are not built again."""
    for kind in ("programs", "fragments"):
        (out / kind).mkdir(parents=True, exist_ok=True)
        for old in (out / kind).glob("*.cpp"):
            if f"{kind}/{old.name}" not in sources:
                old.unlink()
    for name, text in sources.items():
        path = out / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, help="folder to write to; without it the blocks are only checked")
    parser.add_argument("root", nargs="?", default=pathlib.Path(__file__).resolve().parent.parent, type=pathlib.Path)
    arguments = parser.parse_args()
    sources, complaints = extract(arguments.root.resolve())
    if arguments.out:
        write(arguments.out, sources)
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
