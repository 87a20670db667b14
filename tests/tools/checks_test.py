# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Each repository check accepts a small good tree and names what is wrong with a bad one."""

import pathlib
import sys
import tempfile
import textwrap
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
sys.dont_write_bytecode = True

import check_layers
import check_names
import doc_examples
import repository
import size_report

LICENSE = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n"


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)

    def write(self, name, text="", license_line=LICENSE):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(license_line + textwrap.dedent(text))

    def assert_complaints(self, complaints, *expected):
        complaints = list(complaints)
        self.assertEqual(len(complaints), len(expected), complaints)
        for part in expected:
            self.assertTrue(any(part in complaint for complaint in complaints), (part, complaints))


class Layers(Tree):
    def includes(self, path, line):
        self.write(path, line + "\n")
        return check_layers.check_includes(self.root)

    def test_accepts_downward_includes(self):
        self.write("runtime/pool.cpp", '#include "support/require.h"\n#include "runtime/abi.h"\n#include <etch/tensor.h>\n')
        self.write("codegen/emit.cpp", '#include "runtime/abi.h"\n#include <mlir/IR/Builders.h>\n#include "ir/ops.h"\n')
        self.write("runtime/linear_algebra.cpp", "#include <Eigen/Dense>\n")
        self.write("ops/opgen/main.cpp", '#include "llvm/TableGen/Main.h"\n')
        self.write("ir/ops.cpp", '// #include "tracer/recorder.h"\n#include "ops.h.inc"\n')
        self.assert_complaints(check_layers.check_includes(self.root))

    def test_rejects_upward_and_sideways_includes(self):
        for path, line, complaint in [
            ("ops/dim.cpp", '#include "ir/ops.h"', "ops/dim.cpp:2: ops must not see ir/ops.h"),
            ("ir/a.cpp", '#include "runtime/abi.h"', "ir must not see runtime/abi.h"),
            ("runtime/a.cpp", '#include "ir/ops.h"', "runtime must not see ir/ops.h"),
            ("codegen/a.cpp", '#include "runtime/storage.h"', "codegen must not see runtime/storage.h"),
            ("nn/a.cpp", '#include "support/require.h"', "nn must not see support/require.h"),
            ("passes/a.cpp", '#include "tools/a.h"', "passes must not see tools/a.h"),
            ("support/a.cpp", '# include "tests/a.h"', "support must not see tests/a.h"),
        ]:
            with self.subTest(path=path, line=line):
                self.assert_complaints(self.includes(path, line), complaint)
                (self.root / path).unlink()

    def test_rejects_foreign_headers_in_the_wrong_place(self):
        for path, line, complaint in [
            ("include/etch/a.h", "#include <mlir/IR/Value.h>", "include must not see LLVM or MLIR"),
            ("include/etch/a.h", "#include <Eigen/Core>", "Eigen must not be included here"),
            ("runtime/a.cpp", '#include "llvm/ADT/SmallVector.h"', "runtime must not see LLVM or MLIR"),
            ("runtime/kernels/a.h", "#include <Eigen/Core>", "Eigen must not be included here"),
            ("runtime/kernels/a.h", "#include <vector>", "no standard containers"),
            ("nn/a.cpp", '#include "etch/tensor.h"', "included as <etch/…>"),
            ("ir/a.cpp", '#include "b.h"', "written from the repository root"),
            ("ir/a.cpp", "#include <ir/b.h>", "included with quotes"),
        ]:
            with self.subTest(path=path, line=line):
                self.assert_complaints(self.includes(path, line), complaint)
                (self.root / path).unlink()
        self.assert_complaints(self.includes("include/etch/eigen.h", "#include <Eigen/Core>"))

    def test_reads_links_and_module_order(self):
        self.write("CMakeLists.txt", "add_subdirectory(support)\nadd_subdirectory(ops)\n", "")
        self.write("support/CMakeLists.txt", "add_library(etch_support error.cpp)\n", "")
        self.write("ops/CMakeLists.txt", "add_library(etch_ops dim.cpp)\ntarget_link_libraries(etch_ops PUBLIC etch_support)\n", "")
        self.assert_complaints(check_layers.check(self.root))
        self.write("support/CMakeLists.txt",
                   "add_library(etch_support error.cpp)\ntarget_link_libraries(etch_support etch_ops # why\n  MLIRIR)\n", "")
        self.write("CMakeLists.txt", "add_subdirectory(ops)\nadd_subdirectory(support)\n", "")
        self.assert_complaints(check_layers.check(self.root), "support must not link etch_ops, which belongs to ops",
                               "support must not link MLIRIR", "modules must be added leaves first")


class Names(Tree):
    def test_accepts_good_names(self):
        self.write("passes/prune_unused.cpp", 'void runOnOperation();\nauto name = "etch-prune-unused";\n')
        self.write("tests/passes/prune_unused.mlir", "", "")
        self.write("tests/tracer/cache_test.cpp", "TEST(FunctionCache, RetracesWhenRankChanges) {}\n")
        self.write("support/environment.cpp", 'auto x = std::getenv("ETCH_DEBUG");\n')
        self.write("nn/progress_bar.cpp", 'auto x = getenv("NO_COLOR");\n')
        self.assert_complaints(check_names.check(self.root))

    def test_rejects_bad_files_classes_and_tests(self):
        self.write("ir/OpsImpl.cpp")
        self.write("ir/string_utils.h")
        self.write("ir/bare.h", "", "#pragma once\n")
        self.write("ir/a.cpp", 'class CacheManager;\n// class OldHelper;\nconst char *t = "class NewHelper";\n')
        self.write("tests/ir/a_test.cpp", "TEST(Cache, works_well) {}\nTEST_F(Cache, Works) {}\n")
        self.write("ir/b.cpp", 'auto x = getenv("ETCH_DEBUG");\n')
        self.assert_complaints(check_names.check(self.root), "ir/OpsImpl.cpp: file names are snake_case",
                               "ir/string_utils.h: a file is named after", "ir/bare.h:1: the first line",
                               "ir/a.cpp:2: a class is named after what it is, got CacheManager", "got Cache.works_well",
                               "got Cache.Works", "ir/b.cpp:2: only support/ reads the environment")

    def test_matches_passes_files_and_tests(self):
        self.write("passes/fuse.cpp", 'void runOnOperation();\nauto name = "etch-fuse-all";\n')
        self.write("tests/passes/gone.mlir", "", "")
        self.assert_complaints(check_names.check(self.root), "must live in passes/fuse_all.cpp",
                               "must have tests/passes/fuse_all.mlir", "registers the pass etch-fuse",
                               "no pass etch-gone is registered")

    def test_rejects_lists_of_op_names(self):
        self.write("ops/math.td", "".join(f'def {n}Op : Elementwise<"{n}", ["x"]>;\n' for n in ("exp", "log", "tanh", "erf")))
        self.write("passes/few.cpp", 'f("exp"); f("etch.log"); f("tanh"); // "erf"\n')
        self.write("tests/many.cpp", 'f("exp"); f("log"); f("tanh"); f("erf");\n')
        self.assert_complaints(check_names.check(self.root))
        self.write("passes/many.cpp", 'f("exp"); f("etch.log"); f("tanh"); f("erf"); f("erf");\n')
        self.assert_complaints(check_names.check(self.root), "got erf, exp, log, tanh")


class Sizes(Tree):
    def lines_of(self, text):
        return [(header, count) for _, count, header in size_report.functions(textwrap.dedent(text))]

    def test_finds_functions_in_any_dress(self):
        self.assertEqual(self.lines_of("""
            #define OPEN { \\
              {
            namespace etch {
            enum class Kind { a, b };
            constexpr int table[] = {1, 2};
            template <class T, class U = std::vector<int>>
            auto first(T x) -> decltype(x) {
              auto f = [&] { return "}"; };
              return x; // }
            }
            class Second : public Base {
              Second() : a_{1}, b_(2) {
              }
              int third() const override { return 1; }
              int value_ = {3};
            };
            struct Point make_point();
            } // namespace etch
        """), [("template <class T, class U = std::vector<int>> auto first(T x) -> decltype(x)", 5),
               ("Second() : a_{1}, b_(2)", 2), ("int third() const override", 1)])

    def test_reports_long_files_functions_and_many_headers(self):
        self.write("ir/long.cpp", "void f() {\n" + "  g();\n" * 59 + "}\n")
        self.write("ir/good.cpp", "void f() {\n" + "  g();\n" * 58 + "}\n")
        self.write("codegen/pipeline.cpp", "void f() {\n" + "  g();\n" * 100 + "}\n")
        self.write("ir/tall.h", "\n" * 500)
        self.write("tools/long.py", "def f():\n" + "    g()\n" * 60, "# a license\n")
        for i in range(13):
            self.write(f"include/etch/h{i}.h")
        self.assert_complaints(size_report.check_sizes(self.root), "include: there are at most 12 public headers, got 13",
                               "ir/long.cpp:2: a function has at most 60 lines, got 61: void f()",
                               "ir/tall.h: a file has at most 500 lines, got 501",
                               "tools/long.py:2: a function has at most 60 lines, got 61: def f")


class DocExamples(Tree):
    def test_extracts_programs_and_fragments(self):
        self.write("README.md", "```cpp\nint main() {}\n```\n```bash\nls\n```\n", "")
        self.write("docs/a.md", "text\n```cpp\n#include <vector>\nint x = 1;\n```\n```cpp\nx = 2;\n```\n", "")
        sources, complaints = doc_examples.extract(self.root)
        self.assertEqual(complaints, [])
        self.assertEqual(sorted(sources), ["fragments/docs_a.cpp", "programs/readme_2.cpp"])
        self.assertIn('#line 2 "README.md"\nint main() {}\n', sources["programs/readme_2.cpp"])
        fragments = sources["fragments/docs_a.cpp"]
        self.assertIn('#include <vector>\n', fragments)
        self.assertIn('#line 4 "docs/a.md"\n  int x = 1;\n#line 7 "docs/a.md"\n  x = 2;\n', fragments)

    def test_compares_shown_files_and_removes_stale_sources(self):
        self.write("examples/hello.cpp", "int main() {}\n")
        self.write("README.md", "<!-- file: examples/hello.cpp -->\n```cpp\nint main() {}\n```\n", "")
        sources, complaints = doc_examples.extract(self.root)
        self.assertEqual(complaints, [])
        doc_examples.write(self.root / "out", sources)
        doc_examples.write(self.root / "out", {})
        self.assertEqual(list((self.root / "out").rglob("*.cpp")), [])
        self.write("examples/hello.cpp", "int main() { return 1; }\n")
        self.assertIn("README.md:3: the block must equal examples/hello.cpp", doc_examples.extract(self.root)[1])


class Blanking(unittest.TestCase):
    def test_keeps_lines_and_strings(self):
        text = "a /* x\n y */ \"// no\" 1'000 '\"' // gone\nb R\"x(// \" )x\" c"
        blanked = repository.blank_comments(text)
        self.assertEqual(len(blanked), len(text))
        self.assertEqual(blanked.split(), ["a", '"//', 'no"', "1'000", "'\"'", "b", 'R"x(//', '"', ')x"', "c"])


if __name__ == "__main__":
    unittest.main()
