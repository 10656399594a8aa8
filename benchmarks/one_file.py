"""One changed file, as a pre-commit hook is given it, against starting Python with what is needed at least.

usage: python benchmarks/one_file.py [--runs N] [FILE...]

Before each run the file gets another last line, so that nothing is known of it. Without files, it writes one that the
gate stops and one that it does not.
"""

from __future__ import annotations

import argparse
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from paired import compare

STOPPED = """
class Shape:
    def __init__(self, width, height):
        self.width, self.height = width, height

    def area(self):
        return self.width * self.height
"""
PASSED = """
import asyncio


class Hub:
    def __init__(self):
        self.sessions = {}

    async def connect(self, name, socket):
        self.sessions[name] = socket
        self.task = asyncio.create_task(socket.read())

    async def disconnect(self, name):
        self.sessions.pop(name)
        self.task.cancel()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=15)
    args = parser.parse_args()
    leaklint = str(Path(sysconfig.get_path("scripts")) / "leaklint")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("stopped.py", STOPPED), ("passed.py", PASSED)):
            classes = (text.replace("Shape", f"Shape{n}").replace("Hub", f"Hub{n}") for n in range(20))
            Path(folder, name).write_text("".join(classes))
        for file in args.files or sorted(Path(folder).iterdir()):
            copy = Path(folder, "changed.py")

            def change(file: Path = file, copy: Path = copy) -> None:
                copy.write_bytes(file.read_bytes() + f"\n# {time.time_ns()}\n".encode())

            for imports in ("ast, click", "click, libcst"):
                base = [sys.executable, "-c", f"import {imports}"]
                one, other, ratio = compare([leaklint, "check", "--isolated", str(copy)], base, args.runs, change)
                print(f"{file.name}: {one * 1e3:.0f} ms, import {imports}: {other * 1e3:.0f} ms, {ratio:.2f} times")


if __name__ == "__main__":
    main()
