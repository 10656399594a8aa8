"""Where does a text go: into a log of which level, into a trace? Does it go there on an error path?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

from leaklint.answers.ways.handlers import caught_types
from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Block, Expr, Stmt, ancestors, source, statements, walk

_LEVELS = ("trace", "debug", "info", "success", "warning", "warn", "error", "exception", "critical", "log", "fatal")
_QUIET = ("trace", "debug")
_ROUTINE = ("info", "success", "log")
_NOT_TOLD = ("exc_info", "stack_info", "stacklevel", "extra")


@dataclass(frozen=True, slots=True)
class Sink:
    """`call` takes in the text; `level` of a log, in lower case."""

    kind: Literal["log", "trace"]
    call: Expr
    level: str = ""

    @property
    def off(self) -> bool:
        """Is it off unless somebody turns it on?"""
        return self.level in _QUIET

    @property
    def routine(self) -> bool:
        """Is it told as the work goes on, and not because something is wrong?"""
        return self.level in _ROUTINE


def sink(basis: Basis, expr: Expr) -> Sink | None:
    """The log or tracing call that an expression is an argument of, or a part of one."""
    below, node = expr, expr.parent
    while node is not None:
        if node.op == "call" and below is not node.args[0]:
            found = _of(basis, node)
            if found is not None:
                return found
        below, node = node, node.parent
    return None


def _of(basis: Basis, call: Expr) -> Sink | None:
    method = call.args[0]
    if method.op != "attr":
        return None
    if method.text in _LEVELS and "log" in source_name(method.args[0]).lower():
        return Sink("log", call, method.text)
    return Sink("trace", call) if is_traced(basis, call) else None


def is_traced(basis: Basis, call: Expr) -> bool:
    """`span.set_attribute`; `span.add_event`, where the name says that it is one: other things have events too."""
    method = call.args[0]
    if method.op != "attr":
        return False
    if basis.apis.means("span_methods", method.text):
        return basis.apis.means("span_names", source_name(method.args[0]))
    return basis.apis.means("telemetry_methods", method.text)


def ends_in(basis: Basis, expr: Expr, depth: int = 2) -> Sink | None:
    """The same, also by way of a name that is used for nothing else."""
    found = sink(basis, expr)
    target = expr.stmt.targets[0] if expr.stmt.op == "assign" else None
    place = basis.names.place(target) if target is not None and target.op == "name" else None
    if found is not None or place is None or depth == 0:
        return found
    sinks = [ends_in(basis, u.expr, depth - 1) for u in basis.all_uses(place) if u.verb not in ("bind", "append")]
    return sinks[0] if sinks and all(s is not None for s in sinks) else None


def carries(basis: Basis, call: Expr, expr: Expr) -> bool:
    """Does a log call make text of this argument itself, when it is on?"""
    found = _of(basis, call)
    if found is None or found.kind != "log":
        return False
    names = dict(zip(map(id, call.args), call.names, strict=False))
    name = names.get(id(expr), "")
    return (name == "" or name.isidentifier()) and name not in _NOT_TOLD and (bool(name) or _formatted(call, expr))


def _formatted(call: Expr, expr: Expr) -> bool:
    """Has the message a place for it? `runs.info(category, f"step {n}", data)` is no log of texts."""
    message = next((a for a in call.args[1:] if a.op == "fstring" or (a.op == "const" and a.text == "str")), None)
    if message is None or message is expr:
        return True
    written = [part.value for part in walk(message) if part.op == "const"]
    return any("%" in text or (message.op == "const" and "{" in text) for text in written)


def error_branch(basis: Basis, stmt: Stmt) -> tuple[Block | None, Stmt] | None:
    """The handler or branch on failure that a statement stands in; a `raise` is an error branch by itself."""
    for block, owner in ancestors(stmt):
        if owner.op in ("def", "class"):
            break
        if block.kind == "handler" or (owner.op == "if" and _failed(basis, block)):
            return block, owner
    return (None, stmt) if stmt.op == "raise" else None


def _failed(basis: Basis, block: Block) -> bool:
    """A branch that ends in `raise`, or whose test asks for a failure: `if response.status != 200`."""
    if block.stmts and block.stmts[-1].op == "raise":
        return True
    for test in block.exprs:
        for part in walk(test):
            word = source_name(part)
            if part.op == "compare" and basis.apis.means("status_names", source_name(part.args[0])):
                return part.text in ("NotEqual", "GreaterThan", "GreaterThanEqual", "NotIn")
            if (
                part.op == "unary"
                and part.text == "Not"
                and basis.apis.means("success_names", source_name(part.args[0]))
            ):
                return True
            if part.op == "attr" and word in ("is_error", "is_client_error", "is_server_error"):
                return True
    return False


def refused(basis: Basis, stmt: Stmt, response: str) -> bool:
    """Does a statement run because of what a response says of itself, by its status, and not that it went well?"""
    below = stmt
    for block, owner in ancestors(stmt):
        before = block.stmts[: next(i for i, s in enumerate(block.stmts) if s is below)]
        if any(_leaves_well(basis, s, response) for s in before):
            return True
        if owner.op in ("def", "class"):
            break
        if block.kind == "handler" and owner.op == "try" and _says_status(basis, block, owner, response):
            return True
        tests = [t for b in owner.blocks for t in b.exprs] if owner.op == "if" else []
        if any(_asks(basis, t, response) for t in tests):
            return not any(_went_well(basis, t) for t in block.exprs)
        below = owner
    return False


def _says_status(basis: Basis, handler: Block, trying: Stmt, response: str) -> bool:
    """`except HTTPError` of a `try` that asks with `response.raise_for_status()`, and of nothing else."""
    kinds = [source_name(e) for e in caught_types(handler)]
    asked = (e for s in statements(trying.blocks[0]) for e in s.flat if e.op == "attr" and e.text == "raise_for_status")
    return (
        bool(kinds)
        and all(basis.apis.means("status_errors", k) for k in kinds)
        and any(source(e.args[0]) == response for e in asked)
    )


def unreadable(basis: Basis, stmt: Stmt) -> bool:
    """Does a statement run only where what came in could not be taken apart?"""
    handlers = (b for b, owner in ancestors(stmt) if b.kind == "handler" and owner.scope is stmt.scope)
    kinds = ([source_name(e) for e in caught_types(b)] for b in handlers)
    return any(bool(words) and all(basis.apis.means("parse_errors", w) for w in words) for words in kinds)


def _leaves_well(basis: Basis, stmt: Stmt, response: str) -> bool:
    """`if response.status == 200: return ...`: what follows is for the others."""
    if stmt.op != "if" or stmt.blocks[0].stmts[-1].op not in LEAVING:
        return False
    tests = stmt.blocks[0].exprs
    return any(_asks(basis, t, response) for t in tests) and any(_went_well(basis, t) for t in tests)


def _asks(basis: Basis, test: Expr, name: str) -> bool:
    """Does a test look at what has this name, or at what was taken from it: `kind = response.headers["..."]`?"""
    names = [part for part in walk(test) if part.op in ("name", "attr")]
    values = (basis.names.only_value(part.text, part.scope) for part in names if part.op == "name")
    parts = (part for value in values if value is not None for part in walk(value) if part.op == "name")
    return any(source(part) == name for part in (*names, *parts))


def chosen(basis: Basis, stmt: Stmt, message: str) -> bool:
    """Does a statement run only where a message's own fields say what is wrong: `if "id" not in message`?

    What `message["type"] == "ping"` chooses is wrong only where it fails.
    """
    for block, owner in itertools.takewhile(lambda pair: pair[1].op not in ("def", "class"), ancestors(stmt)):
        if owner.op != "if":
            continue
        other = not block.exprs  # what comes after `elif message["type"] == "ping"` is of no kind that is known
        asked = [t for b in owner.blocks for t in b.exprs] if other else block.exprs
        tests = [part for test in asked for part in walk(test)]
        kinds = not other and any(part.op == "compare" and part.text == "Equal" for part in tests)
        if any(_asked(basis, part, message) for part in tests) and (not kinds or _failed(basis, block)):
            return True
    return False


def _asked(basis: Basis, part: Expr, message: str) -> bool:
    """`message["code"]`, `message.get`, `"error" in message`, a name for one of these; `not message` itself."""
    if part.op == "unary" and part.text == "Not" and source(part.args[0]) == message:
        return True
    if part.op == "name":
        value = basis.names.only_value(part.text, part.scope)
        return value is not None and any(_field(e, message) for e in walk(value))
    return _field(part, message)


def _field(part: Expr, message: str) -> bool:
    whose = part.args[0] if part.op == "sub" or (part.op == "attr" and part.text == "get") else None
    whose = part.args[-1] if part.op == "compare" and part.text in ("In", "NotIn") else whose
    return whose is not None and source(whose) == message


def _went_well(basis: Basis, test: Expr) -> bool:
    """`response.ok`, `response.status == 200`, `response.status < 300`."""
    if test.op == "bool":
        return any(_went_well(basis, part) for part in test.args)
    if test.op != "compare":
        return basis.apis.means("success_names", source_name(test))
    if not basis.apis.means("status_names", source_name(test.args[0])):
        return False
    codes = [part.value for arg in test.args[1:] for part in walk(arg) if part.op == "const"]
    if test.text in ("LessThan", "LessThanEqual"):
        return all(code <= "400" for code in codes)
    return test.text in ("Equal", "In") and not any(code[:1] in "345" for code in codes)


def guarded(stmt: Stmt) -> bool:
    """Does a statement run only where somebody wants details: `if log.isEnabledFor(DEBUG)`, `if self.verbose`?"""
    return any(
        word in source_name(part).lower()
        for block, owner in ancestors(stmt)
        if owner.op == "if"
        for test in block.exprs
        for part in walk(test)
        for word in ("enabled", "debug", "verbose", "trace")
    )
