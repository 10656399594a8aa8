"""Wall seconds of two commands in turn, pair by pair: a machine that gets slower meanwhile does so for both."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence


def seconds(command: Sequence[str]) -> float:
    """Of one run, whatever its exit status says of findings."""
    begun = time.perf_counter()
    status = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    if status not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit status {status}")
    return time.perf_counter() - begun


def compare(
    mine: Sequence[str], theirs: Sequence[str], runs: int, before: Callable[[], None] = lambda: None
) -> tuple[float, float, float]:
    """The medians of both, and the median of the ratios; `before` is called before each run of the first. The first
    pair does not count."""
    pairs = []
    for _ in range(runs + 1):
        before()
        pairs.append((seconds(mine), seconds(theirs)))
    ones, others = zip(*pairs[1:], strict=True)
    ratio = statistics.median(one / other for one, other in pairs[1:])
    return statistics.median(ones), statistics.median(others), ratio
