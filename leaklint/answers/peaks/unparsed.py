"""Is a value what could not be parsed? It came from outside, and is as long as whoever sent it likes."""

from __future__ import annotations

from leaklint.answers.peaks.weight import SHAPING
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Block, Expr, Stmt, ancestors, flat_of, source, statements, walk

_SHAPES = 4


def unparsed(basis: Basis, expr: Expr) -> Answer:
    """`json.loads(text)` has failed, and its handler tells `text`."""
    if expr.op not in ("name", "attr"):
        return NO
    for block, owner in ancestors(expr.stmt):
        if owner.op in ("def", "class"):
            break
        if block.kind == "handler" and _of_parsing(basis, block):
            found = _parsing(basis, owner, source(expr))
            if found is not None and _from_outside(basis, expr):
                return Answer(
                    "unparsed", (Clue(found.stmt, "driver", "unparsed", {"what": source(found)}),), source(found)
                )
    return NO


def _of_parsing(basis: Basis, handler: Block) -> bool:
    """Does a handler take what a parser raises? What `json.loads(text)["id"]` lacks was parsed well."""
    caught = [e for t in handler.exprs for e in (t.args if t.op == "tuple" else (t,))]
    return not caught or any(basis.apis.means("parse_errors", source_name(e)) for e in caught)


def _parsing(basis: Basis, attempt: Stmt, text: str) -> Expr | None:
    """The call in the body of a `try` that parses what stands under a name."""
    calls = (e for s in statements(attempt.blocks[0]) for e in flat_of(s) if e.op == "call" and len(e.args) > 1)
    parsers = (c for c in calls if basis.apis.means("text_parsers", source_name(c)))
    return next((c for c in parsers if source(_shaped(c.args[1])) == text), None)


def _shaped(given: Expr) -> Expr:
    """What is given, without what only shapes it: `text.strip()`, `data.decode()`."""
    for _ in range(_SHAPES):
        if given.op != "call" or given.args[0].op != "attr" or given.args[0].text not in SHAPING:
            break
        given = given.args[0].args[0]
    return given


def _from_outside(basis: Basis, expr: Expr) -> bool:
    """Received, read, or handed in; not a header, or what a configuration says."""
    bindings = basis.names.bindings(expr.text, expr.scope) if expr.op == "name" else ()
    values = (e for b in bindings if b.value is not None for e in walk(b.value))
    words = [expr.text, *(e.text for e in values if e.op in ("name", "attr"))]
    return all(b.how in ("param", "assign", "for", "with") for b in bindings) and not any(
        basis.apis.means("settings_names", w.lower()) or basis.apis.means("short_texts", w.lower()) for w in words
    )
