"""How bad is it? One table over the three answers; a rule's page may only state a ceiling."""

from __future__ import annotations

from leaklint.facts import SEVERITIES, DriverKind, OwnerKind, ReleaseKind, Severity

_OUTSIDE: frozenset[DriverKind] = frozenset({"caller's key", "payload", "stream", "event"})
_LASTING: frozenset[OwnerKind] = frozenset({"process", "long-lived instance"})

# (owners, drivers, releases, severity); None is anything, the first row that fits decides.
_TABLE: tuple[
    tuple[frozenset[OwnerKind] | None, frozenset[DriverKind] | None, frozenset[ReleaseKind] | None, Severity], ...
] = (
    (None, None, frozenset({"on some paths", "by bound", "always"}), "P2"),
    (None, frozenset({"closed set", "inventory", "import"}), None, "P2"),
    (_LASTING, frozenset({"caller's key", "payload", "stream"}), None, "P0"),
    (_LASTING, None, None, "P1"),
    (frozenset({"instance"}), None, None, "P1"),
    (frozenset({"nobody"}), _OUTSIDE | {"loop", "call"}, None, "P1"),
    (frozenset({"call"}), _OUTSIDE, None, "P1"),
)


IN_TESTS: Severity = "P2"
"""The ceiling for what tests leave open: their process ends with them."""


def ends_with_tests(family: str, release: ReleaseKind) -> bool:
    """Is it gone with the process of a test, so that nobody minds it there? All but what stays open, or runs on, in a
    test that succeeds: that is told when the test ends (`ResourceWarning`), and disturbs the next one."""
    return family not in ("resources", "tasks") or release != "never"


def severity(owner: OwnerKind, driver: DriverKind, release: ReleaseKind, ceiling: Severity | None = None) -> Severity:
    """The severity of a leak, no higher than `ceiling`."""
    found: Severity = "P2"
    for owners, drivers, releases, level in _TABLE:
        if (
            (owners is None or owner in owners)
            and (drivers is None or driver in drivers)
            and (releases is None or release in releases)
        ):
            found = level
            break
    return found if ceiling is None else max(found, ceiling, key=SEVERITIES.index)
