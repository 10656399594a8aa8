"""Does the cost grow with the bytes, and does the memory stay? One process, one pass over files in random order.

usage: python benchmarks/linearity.py PATH... [--megabytes N]

Prints a line at 1, 10 and 100 MB and for every 1,000 files: CPU as multiples of `ast.parse` of the same bytes,
nanoseconds per byte, and the resident size.
"""

from __future__ import annotations

import argparse
import pathlib
import random
import resource

from timed import costs, files


def resident() -> float:
    """Megabytes in memory now (Linux), else at the most so far."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(next(row for row in status.read_text().splitlines() if row.startswith("VmRSS")).split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--megabytes", type=float, default=1000, help="stop after this many")
    args = parser.parse_args()
    chosen = files(args.paths)
    random.Random("leaklint").shuffle(chosen)
    marks = [1e6, 1e7, 1e8]
    size, parsing, analysing, results = 0, 0.0, 0.0, []
    for one in costs(chosen):
        results.append(one.result)  # a run keeps them all
        parsing += one.parsing
        analysing += one.analysing
        size += one.size
        if one.number % 1000 == 0 or one.number == len(chosen) or (marks and size >= marks[0]):
            marks = [mark for mark in marks if mark > size]
            print(
                f"{one.number:6} files {size / 1e6:7.1f} MB: {analysing / parsing:5.2f} times ast.parse, "
                f"{analysing / size * 1e9:5.0f} ns per byte, {resident():4.0f} MB resident",
                flush=True,
            )
        if size >= args.megabytes * 1e6:
            break
    print(f"at the most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB resident")


if __name__ == "__main__":
    main()
