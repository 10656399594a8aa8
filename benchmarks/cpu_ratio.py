"""CPU seconds of `analyze` against `ast.parse` of the same bytes, in one process and one run.

usage: python benchmarks/cpu_ratio.py PATH... [--sample N] [--seed S]

Ratios, not seconds: machines differ and are noisy. Prints what the cleared suspects were cleared by, too.
"""

from __future__ import annotations

import argparse
import collections
import random

from timed import costs, files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--sample", type=int, help="this many files, drawn at random")
    parser.add_argument("--seed", default="leaklint")
    args = parser.parse_args()
    chosen = files(args.paths)
    if args.sample is not None:
        chosen = sorted(random.Random(args.seed).sample(chosen, min(args.sample, len(chosen))))
    parsing = analysing = size = 0.0
    findings: collections.Counter[str] = collections.Counter()
    cleared: collections.Counter[tuple[str, str]] = collections.Counter()
    for one in costs(chosen):
        size += one.size
        parsing += one.parsing
        analysing += one.analysing
        result = one.result
        findings.update(f.rule for f in (*result.findings, *(q.finding for q in result.open_questions)))
        cleared.update((c.rule, c.defence) for c in (*result.cleared, *result.sound))
    print(f"{len(chosen)} files, {size / 1e6:.1f} MB: analyze {analysing / parsing:.1f} times ast.parse")
    for rule, count in sorted(findings.items()):
        print(f"  {rule} {count} findings")
    for (rule, defence), count in sorted(cleared.items()):
        print(f"  {rule} {count} cleared by: {defence}")


if __name__ == "__main__":
    main()
