"""A rule and a finding to test with."""

from __future__ import annotations

from leaklint.apis import Apis
from leaklint.catalogue import Catalogue, read_rule
from leaklint.facts import Evidence, Finding, Span

PAGE = """\
```toml
code = "LK900"
since = "0.1.0"
family = "test"
[messages]
grows = "`{name}` grows"
[hints]
bound = "bound it\\nor empty it"
[labels]
filled = "filled here by `{how}`"
held = "`{name}` is held by the module"
```
## What it does
Reports.
## Why is this bad
It is.
## Example
None.
## Use instead
None.
## When it is wrong
Never.
## References
None.
"""

CATALOGUE = Catalogue((read_rule(PAGE, "things_grow", "rules/things_grow/rule.md"),), Apis({}))


def finding(path: str, span: Span, *evidence: Evidence) -> Finding:
    return Finding(
        rule="LK900",
        name="things-grow",
        severity="P1",
        path=path,
        span=span,
        subject="app:THINGS",
        owner="process",
        driver="event",
        release="never",
        message="grows",
        hint="bound",
        args={"name": "THINGS"},
        evidence=evidence,
        fingerprint="0" * 16,
    )
