#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs scripts with packages from the Python registry, kept in a folder of their own.

  environment.py make FOLDER REQUIREMENTS      fetches them, once
  environment.py run FOLDER SCRIPT [ARGUMENT…]

Without them `make` succeeds all the same and `run` exits with 77, saying why: tests that need them are then skipped.
"""

import os
import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77
SECONDS = 250


def make(folder, requirements):
    wanted = requirements.read_text() + sys.version
    stamp, reason = folder / "made_from", folder / "reason"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    steps = [
        [sys.executable, "-m", "venv", folder / "venv"],
        [interpreter(folder), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet",
         "--only-binary", ":all:", "--retries", "1", "--timeout", "15", "-r", requirements],
    ]
    for step in steps:
        try:
            done = subprocess.run(step, timeout=SECONDS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            said, failed = done.stdout.strip(), done.returncode != 0
        except (OSError, subprocess.TimeoutExpired) as error:
            said, failed = str(error), True
        if failed:
            reason.write_text(f"the packages of {requirements.name} cannot be had: {said}\n")
            return
    stamp.write_text(wanted)


def interpreter(folder):
    return folder / "venv" / "bin" / "python"


def run(folder, command):
    if not (folder / "made_from").exists():
        reason = folder / "reason"
        print("SKIPPED:", reason.read_text() if reason.exists() else f"there are no packages in {folder}")
        return SKIPPED
    sys.stdout.flush()
    os.execv(interpreter(folder), [str(interpreter(folder)), *command])


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "make":
        make(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
    elif len(sys.argv) >= 4 and sys.argv[1] == "run":
        sys.exit(run(pathlib.Path(sys.argv[2]), sys.argv[3:]))
    else:
        sys.exit(__doc__)
