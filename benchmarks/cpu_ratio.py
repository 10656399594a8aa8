"""CPU seconds of `analyze` against `ast.parse` of the same bytes, in one process and one run.

usage: python benchmarks/cpu_ratio.py PATH... [--sample N] [--seed S]

Ratios, not seconds: machines differ and are noisy. Prints what the cleared suspects were cleared by, too.
"""

from __future__ import annotations

import argparse
import ast
import collections
import pathlib
import random
import time
import warnings

from leaklint.analyze import analyze
from leaklint.catalogue import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--sample", type=int, help="this many files, drawn at random")
    parser.add_argument("--seed", default="leaklint")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    files = sorted(f for path in args.paths for f in pathlib.Path(path).rglob("*.py") if f.is_file())
    if args.sample is not None:
        files = sorted(random.Random(args.seed).sample(files, min(args.sample, len(files))))
    catalogue = load()
    analyze(b"", "", "", catalogue, gate=False)  # imports what is needed
    parsing = analysing = size = 0.0
    findings: collections.Counter[str] = collections.Counter()
    cleared: collections.Counter[tuple[str, str]] = collections.Counter()
    for file in files:
        source = file.read_bytes()
        size += len(source)
        begun = time.process_time()
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        parsed = time.process_time()
        result = analyze(source, str(file), file.stem, catalogue)
        analysing += time.process_time() - parsed
        parsing += parsed - begun
        findings.update(f.rule for f in (*result.findings, *(q.finding for q in result.open_questions)))
        cleared.update((c.rule, c.defence) for c in (*result.cleared, *result.sound))
    print(f"{len(files)} files, {size / 1e6:.1f} MB: analyze {analysing / parsing:.1f} times ast.parse")
    for rule, count in sorted(findings.items()):
        print(f"  {rule} {count} findings")
    for (rule, defence), count in sorted(cleared.items()):
        print(f"  {rule} {count} cleared by: {defence}")


if __name__ == "__main__":
    main()
