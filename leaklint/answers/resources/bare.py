"""Context managers made of a generator: what ends something after a bare `yield` is skipped when the block fails."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.releasing.fate import manages
from leaklint.answers.ways.handlers import catches_all, handles
from leaklint.counterparts import counterpart, ends_of, undoings
from leaklint.meaning.basis import Basis, calls
from leaklint.meaning.flow import LEAVING, Effects, open_exits
from leaklint.meaning.names import Place
from leaklint.tree.ir import Block, Expr, Stmt, ancestors, source, statements


@dataclass(frozen=True, slots=True)
class Bare:
    """`undo` undoes what `done` does, unless the block fails: that is raised at `left`. `all` are that and what stands
    beside it, and puts back what was changed too."""

    left: Stmt
    undo: Stmt
    done: Stmt | None
    all: tuple[Stmt, ...]


def bare(basis: Basis, told: Collection[Place]) -> Iterator[Bare]:
    """The first thing that each such context manager would not undo. `told`: of these something else is said."""
    for function in basis.module.scopes:
        whole = basis.apis.means("program_managers", function.name)  # the process ends with it
        if function.is_generator and function.block is not None and manages(basis, function) and not whole:
            found = next(_skipped(basis, function.block, told), None)
            if found is not None:
                yield found


def _skipped(basis: Basis, body: Block, told: Collection[Place]) -> Iterator[Bare]:
    inner = statements(body)
    yields = [s for s in inner if any(e.op == "yield" for e in s.flat)]
    for undo in (s for s in inner if yields and s.ordinal > yields[0].ordinal):
        subject = _subject(undo)
        if subject is None or any(basis.names.place(e) in told for e in (subject, *_given(undo))):
            continue
        reaching = [y for y in yields if _follows(y, undo)]
        before = [s for s in inner if reaching and s.ordinal < reaching[-1].ordinal and s not in reaching]
        done = _done(basis, undo, subject, before)
        if done is None and not _ends(basis, undo):
            continue
        left = [y for y in reaching if done is None or y.ordinal > done.ordinal]
        after = [s for s in inner if left and s.ordinal > left[0].ordinal and _same(basis, s, undo)]
        passed = _passes(basis, body, left, after) if left else None
        if passed is not None and passed.ordinal < undo.ordinal:
            beside = (s for s in undo.parent.stmts if s.ordinal > passed.ordinal) if undo.parent is not None else ()
            yield Bare(passed, undo, done, tuple(s for s in beside if s is undo or _puts_back(basis, s, before)))


def _puts_back(basis: Basis, stmt: Stmt, before: Sequence[Stmt]) -> bool:
    """Does it bind what was bound before the `yield` too, or undo or end something?"""
    subject = _subject(stmt)
    if subject is None:
        return False
    if stmt.op == "assign":
        text = source(subject)
        return _outlives(basis, subject) and any(source(t) == text for s in before for t in s.targets)
    return _done(basis, stmt, subject, before) is not None or _ends(basis, stmt)


def _passes(basis: Basis, body: Block, yields: Sequence[Stmt], undoing: Sequence[Stmt]) -> Stmt | None:
    """The `yield` from which an error leaves the function past everything that undoes it."""
    effects = Effects(
        at=lambda stmt: "release" if stmt in undoing else "",
        fallible=lambda stmt: stmt in yields,
        swallows=lambda stmt: any((r := basis.types.callee(c).row) is not None and r.swallows for c in calls(stmt)),
        catches_all=catches_all,
        handles=lambda block: handles(basis, block),
    )
    exits = open_exits(basis, body, effects, held=True)
    return next((e.stmt for e in exits if e.kind == "raise" and e.stmt in yields), None)


def _follows(bare: Stmt, undo: Stmt) -> bool:
    """Does a `yield` go on to a statement that stands after it, or after a block around it?"""
    beyond = {undo.parent, *(block for block, _ in ancestors(undo))}
    apart = (block for block in (bare.parent, *(b for b, _ in ancestors(bare))) if block not in beyond)
    if any(block is not None and block.stmts[-1].op in LEAVING for block in apart):
        return False  # `if simple: yield; return`
    over = {stmt.parent: stmt for stmt in (bare, *(owner for _, owner in ancestors(bare)))}
    for block, owner in ((undo.parent, undo), *((o.parent, o) for _, o in ancestors(undo))):
        if block in over:
            return over[block] is not owner
        if block is not None and block.kind in ("finally", "handler"):
            return False
    return False


def _subject(undo: Stmt) -> Expr | None:
    """What a statement might undo something of: the receiver of a method, a function, what is bound or deleted."""
    call = _call(undo)
    if call is not None:
        return call.args[0].args[0] if call.args[0].op == "attr" else call.args[0]
    return undo.targets[0] if undo.op in ("assign", "del", "augassign") and len(undo.targets) == 1 else None


def _call(stmt: Stmt) -> Expr | None:
    value = stmt.value if stmt.op == "expr" else None
    while value is not None and value.op == "await":
        value = value.args[0]
    return value if value is not None and value.op == "call" else None


def _given(undo: Stmt) -> tuple[Expr, ...]:
    call = _call(undo)
    return call.args[1:] if call is not None else ()


def _same(basis: Basis, stmt: Stmt, undo: Stmt) -> bool:
    """Does a statement undo the same thing?"""
    if stmt is undo:
        return True
    removed = _removed(basis, undo)
    if removed:
        return _removed(basis, stmt) == removed
    subject, other = _subject(stmt), _subject(undo)
    same = stmt.op == undo.op and subject is not None and other is not None and source(subject) == source(other)
    one, two = _call(stmt), _call(undo)
    return same and (one is None or two is None or one.args[0].text == two.args[0].text)


def _removed(basis: Basis, stmt: Stmt) -> str:
    """What a function puts away that ends its argument: `os.replace(tmp, path)`, `os.remove(tmp)`; or nothing."""
    call = _call(stmt)
    row = basis.types.callee(call).row if call is not None else None
    return source(call.args[1]) if call is not None and row is not None and row.ends_argument and call.args[1:] else ""


def _ends(basis: Basis, undo: Stmt) -> bool:
    """Does it end something, whatever stands before: `server.stop()`, `rmtree(path)`?"""
    call = _call(undo)
    if call is None:
        return False
    if _removed(basis, undo):
        given = call.args[1]  # what it was given is not its own: to remove that, or move to it, puts the new in place
        return len(call.args) == 2 and given.text not in {p.name for p in given.scope.function.params}
    method = call.args[0]
    plain = method.op == "attr" and not (method.args[0].op == "call" and method.args[0].args[0].text == "super")
    return plain and basis.apis.means("end_of_life_methods", method.text)


def _done(basis: Basis, undo: Stmt, subject: Expr, before: Sequence[Stmt]) -> Stmt | None:
    """The statement before the `yield` that it undoes. What is only set back (`sys.stdout = old`) piles up nowhere."""
    text, call = source(subject), _call(undo)
    for stmt in reversed(before):
        if call is not None:
            if _undone(stmt, call, text):
                return stmt
        elif undo.op == "augassign":
            if stmt.op == "augassign" and source(stmt.targets[0]) == text and {stmt.text, undo.text} == _COUNTED:
                return stmt
        elif undo.op == "del" and stmt.op == "assign" and any(source(t) == text for t in stmt.targets):
            return stmt if _outlives(basis, subject) and not _is_setting(basis, subject) else None
    return None


_COUNTED = {"AddAssign", "SubtractAssign"}


def _outlives(basis: Basis, bound: Expr) -> bool:
    """Is it still there when the generator has gone: an attribute, an entry, a name from around it?"""
    place = basis.names.place(bound)
    return bound.op in ("attr", "sub") or (place is not None and place.scope is not bound.scope.function)


def _is_setting(basis: Basis, entry: Expr) -> bool:
    """`os.environ["LANG"]`: there is one of it, however often it stays."""
    return entry.op == "sub" and basis.names.qualified(entry.args[0]) == "os.environ"


def _undone(stmt: Stmt, undo: Expr, text: str) -> bool:
    """`bus.watch(f)` by `bus.unwatch(f)`, `jobs[k] = 1` by `jobs.pop(k)`, `Thread(args=(stop,))` by `stop.set()`."""
    verb = undo.args[0].text
    if verb == "set" and len(undo.args) == 1:
        given = (a for call in stmt.flat if call.op == "call" for a in call.args[1:])
        return any(source(a) == text or (a.op in ("tuple", "list") and text in map(source, a.args)) for a in given)
    if verb == "pop" and stmt.op == "assign":
        return any(t.op == "sub" and source(t.args[0]) == text for t in stmt.targets)
    for call in (e for e in stmt.flat if e.op == "call"):
        method, taking = call.args[0], call.args[0].text
        if method.op != "attr" or undo.args[0].op != "attr" or source(method.args[0]) != text:
            continue
        if verb.startswith(_BACK) and _took(stmt, undo):  # `one = pool.next()`, `pool.release(one)`
            return True
        if verb in undoings(taking) or verb == counterpart(taking) or verb in ends_of(taking):
            return True
    return False


_BACK = ("release", "put", "give", "return", "free", "recycle", "checkin", "check_in", "drop", "discard", "close")


def _took(stmt: Stmt, undo: Expr) -> bool:
    """Is what a statement got given back?"""
    names = {t.text for t in stmt.targets if t.op == "name"} if stmt.op == "assign" else set()
    return any(a.op == "name" and a.text in names for a in undo.args[1:])
