"""LK109: a cache whose key holds the instance keeps it alive."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.basis import Clue
from leaklint.ir import source
from leaklint.model import Clear, Facts, Hit


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for memo in facts.memos:
        stmt = memo.function.stmt
        if memo.klass is None or stmt is None:
            continue
        subject = memo.function.qualname
        if facts.one_instance(memo.klass):
            yield Clear(stmt, subject, "one instance for the whole process", sound=True)
            continue
        bounded = bool(memo.bound)
        alone = len(memo.function.params) == 1
        clues = [Clue(stmt, "acquired", "decorated", {"decorator": source(memo.decorator), "class": memo.klass.name})]
        if memo.klass.stmt is not None:
            clues.append(Clue(memo.klass.stmt, "holder", "kept", {"class": memo.klass.name}))
        yield Hit(
            at=stmt,
            subject=subject,
            owner="process",
            driver="call",
            release="by bound" if bounded else "never",
            message="bounded" if bounded else "unbounded",
            hint="property" if alone else "instance",
            args={
                "decorator": source(memo.decorator),
                "method": memo.function.name,
                "class": memo.klass.name,
                "limit": memo.bound.word,
            },
            clues=tuple(clues),
            acquired=f"{source(memo.decorator)} {subject}",
        )
