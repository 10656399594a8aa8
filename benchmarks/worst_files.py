"""The files that cost the most CPU for what they hold, as multiples of the median of those that pass the gate.

usage: python benchmarks/worst_files.py PATH... [--smallest BYTES] [--number N]
"""

from __future__ import annotations

import argparse
import ast
import pathlib
import statistics
import time
import warnings

from timed import files

from leaklint.analyze import analyze
from leaklint.catalogue import load
from leaklint.gating.gate import Gate
from leaklint.gating.scan import scan
from leaklint.parsing import DEEPEST
from leaklint.project.files import decode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--smallest", type=int, default=2000, help="leave out files with fewer bytes")
    parser.add_argument("--number", type=int, default=10)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    catalogue = load()
    gate = Gate(catalogue.apis)
    costs: list[tuple[float, int, float, pathlib.Path]] = []
    for file in files(args.paths):
        source = file.read_bytes()
        if len(source) < args.smallest:
            continue
        try:
            begun = time.process_time()
            tree = ast.parse(decode(source))
            parsing = time.process_time() - begun
        except (SyntaxError, ValueError, LookupError):
            continue
        seen = scan(tree, DEEPEST)
        del tree
        if seen is None or not gate.passes(seen):
            continue
        begun = time.process_time()
        analyze(source, str(file), file.stem, catalogue)
        cost = time.process_time() - begun
        costs.append((cost / len(source), len(source), cost / max(parsing, 1e-6), file))
    median = statistics.median(cost for cost, *_ in costs)
    print(f"{len(costs)} files; the median costs {median * 1e9:.0f} ns of CPU per byte")
    for cost, size, ratio, file in sorted(costs, reverse=True)[: args.number]:
        source, begun = file.read_bytes(), time.process_time()
        analyze(source, str(file), file.stem, catalogue)  # astroid has read what it needs of the standard library
        again = (time.process_time() - begun) / size / median
        print(
            f"{cost / median:5.1f} times the median, {again:4.1f} again; {ratio:4.0f} times ast.parse  {size:7}  {file}"
        )


if __name__ == "__main__":
    main()
