"""What a use does to a resource: releases it, hands it over, binds the name anew, or merely borrows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from leaklint.answers.releasing.lending import is_file, reads
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import decorators
from leaklint.meaning.types import Callee
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt

Fate = Literal["release", "escape", "rebind", "borrow"]

_HANDED_OVER = ("returned", "element", "bound", "other")
_DEPTH = 3


def fate(basis: Basis, use: Use, row: Row, depth: int = _DEPTH) -> Fate:
    """The fate of a resource of type `row` by one use of the place that holds it."""
    if use.verb in ("__exit__", "__aexit__"):
        return "borrow" if row.exit_keeps_open else "release"
    if use.verb in row.release:
        return "release"
    if row.closer and use.verb and basis.apis.means("removing_functions", use.verb):
        return "release"  # `folder.rmdir()`
    if use.verb in row.quiet:
        return "borrow"  # `process.kill()`: somebody still has to wait for it
    if row.name and basis.apis.means("parting_steps", use.verb):
        return "borrow"  # `sock.shutdown(SHUT_RDWR)`, before it is closed
    if basis.apis.means("end_of_life_methods", use.verb):
        return "release"
    if use.verb in ("bind", "del"):
        same = use.value is not None and basis.names.place(use.value) == use.place
        return "borrow" if same else "rebind"
    if use.verb:
        return "escape" if _runs_on(basis, use) else "borrow"
    if use.role == "argument":
        return _argument(basis, use, row, depth)
    if use.role == "element" and (call := sent_in(use.site)) is not None:
        callee = basis.types.callee(call)
        return "escape" if callee.local is not None or takes_over(callee) else "borrow"
    if use.role == "element" and is_file(basis, row) and only_sent(basis, use.stmt, row):
        return "borrow"
    if use.role == "element" and use.site.parent is not None and use.site.parent.op == "yield":
        return "borrow" if lends(basis, use) else "escape"  # `yield reader, writer`
    if use.role == "yielded":
        return "borrow" if lends(basis, use) else "escape"
    if use.role == "bound" and any(basis.names.place(t) == use.place for t in _bound_to(use)):
        return "borrow"  # `self.session = self.session or ClientSession()`, `ws, self.ws = self.ws, None`
    return "escape" if use.role in _HANDED_OVER else "borrow"


def _bound_to(use: Use) -> Iterator[Expr]:
    """What the assignment that reads it gives it to."""
    whole = use.stmt.value
    for target in use.stmt.targets:
        apart = target.op == "tuple" and whole is not None and whole.op == "tuple" and use.site in whole.args
        yield target.args[whole.args.index(use.site)] if apart and whole is not None else target


def _runs_on(basis: Basis, use: Use) -> bool:
    """Is it held by a task that runs one of its methods: `create_task(peer.serve())`?"""
    call = use.site.parent if use.site.op == "call" else None
    row = basis.types.result(call) if call is not None and call.op == "call" and use.site in call.args[1:] else None
    return row is not None and row.kind == "task"


def lends(basis: Basis, use: Use) -> bool:
    """Does the function hand its value out by `yield` and take it back, as a context manager or fixture does?"""
    return bool(_decorated(basis, use.stmt.scope.function) & {"contextmanager", "asynccontextmanager", "fixture"})


def manages(basis: Basis, function: Scope) -> bool:
    """A generator that is a context manager: its `yield` raises what the `with` block raises. A fixture's does not."""
    return bool(_decorated(basis, function) & {"contextmanager", "asynccontextmanager"})


def _decorated(basis: Basis, function: Scope) -> set[str]:
    decorators = function.stmt.decorators if function.stmt is not None else ()
    references = [e for d in decorators for e in _reference(d)]
    return {(basis.names.qualified(e) or e.text).rpartition(".")[2] for e in references}


def _reference(expr: Expr) -> Iterator[Expr]:
    while expr.op in ("call", "attr"):
        yield expr
        expr = expr.args[0]
    yield expr


def _argument(basis: Basis, use: Use, row: Row, depth: int) -> Fate:
    call = use.site
    callee = basis.types.callee(call)
    if callee.local is not None and depth > 0:
        param = parameter(callee.local, call, use.value)
        # by a field, where it has no constructor of its own; what an object holds itself stays its own
        kept = callee.local.kind == "class" and not use.place.is_attribute
        found = _summary(basis, callee.local, param, row, depth - 1) if param is not None else None
        return found or ("escape" if kept else "borrow")
    if callee.row is not None and callee.row.ends_argument and call.args[1] is use.value:
        return "release"
    if callee.row is not None and callee.row.stringifies and row.closer and _ends_text(basis, call):
        return "release"
    if row.spawn and callee.receiver is not None and callee.method in callee.receiver.spawn:
        return "borrow"  # `loop.run_in_executor(pool, f)`
    unknown = callee.row is None and callee.receiver is None and callee.local is None
    if unknown and basis.apis.means("number_nouns", row.noun) and len(call.args) > 2 and not call.names[-1]:
        return "borrow"  # one number among others: `Encoder(header, level, fd)`
    if unknown and use.place.is_attribute and basis.apis.means("shared_nouns", row.noun):
        return "borrow"  # `server.setup(loop)`: it runs there, and does not end it
    if unknown and is_file(basis, row) and reads(basis, call, row):
        return "borrow"
    return "escape" if takes_over(callee) else "borrow"


def _ends_text(basis: Basis, text: Expr) -> bool:
    """`shutil.rmtree(str(folder))`"""
    outer = text.parent if text.parent is not None and text.parent.op == "call" else None
    row = basis.types.callee(outer).row if outer is not None else None
    return outer is not None and row is not None and row.ends_argument and outer.args[1] is text


def sent_in(display: Expr) -> Expr | None:
    """The call that gets a tuple, list or dict as an argument: `post(url, files={"f": file})`."""
    while display.op in ("tuple", "list", "dict") and display.parent is not None:
        parent = display.parent
        if parent.op == "call":
            return parent if display is not parent.args[0] else None
        display = parent
    return None


def read_by(basis: Basis, call: Expr, row: Row, packed: bool) -> bool:
    """Does a call that it is given to only read it?"""
    callee = basis.types.callee(call)
    if callee.local is not None or (callee.row is not None and callee.row.ends_argument):
        return False  # `os.close(os.open(path, flags))`
    if row.spawn and callee.receiver is not None and callee.method in callee.receiver.spawn:
        return True  # `loop.run_in_executor(pool, f)`
    made = basis.types.result(call)
    if made is not None and made.kind == "task":
        return False  # `create_task(create_subprocess_exec(...))`: whoever awaits the task gets it
    if made is not None and made.kind == "resource" and call.stmt.op == "return" and call.parent is None:
        return False  # `return gzip.open(fs.open(path, "rb"))`: what is made over it is handed over with it
    if callee.row is not None or callee.receiver is not None:
        return not takes_over(callee)
    return reads(basis, call, row, packed=packed)


def only_sent(basis: Basis, stmt: Stmt, row: Row) -> bool:
    """`files = {"f": open(p)}`: is a local display good for nothing but being read by calls?"""
    target = stmt.targets[0] if stmt.op == "assign" and len(stmt.targets) == 1 else None
    place = basis.names.place(target) if target is not None and target.op == "name" else None
    uses = [u for u in basis.all_uses(place) if u.verb != "bind"] if place is not None else []
    if place is None or place.scope.kind != "function" or not uses or any(basis.below(place.entry)):
        return False
    return all(u.role == "argument" and read_by(basis, u.site, row, packed=True) for u in uses)


def takes_over(callee: Callee) -> bool:
    """Does a call keep what it is given? What is unknown may."""
    if callee.row is not None:
        return callee.row.takes
    if callee.receiver is not None:
        return callee.method in (*callee.receiver.own, *callee.receiver.grow, *callee.receiver.replace)
    return True


def parameter(local: Scope, call: Expr, value: Expr | None) -> Place | None:
    """The parameter of a function of this module that an argument of a call is bound to."""
    function = local
    skip = 0
    if local.kind == "class":
        init = next((c for c in local.children if c.name == "__init__"), None)
        if init is None:
            return None
        function, skip = init, 1
    elif local.method_of is not None and call.args[0].op == "attr":
        by_class = bool(call.args[1:]) and bool(local.params) and call.args[1].text == local.params[0].name
        skip = 0 if by_class or "staticmethod" in decorators(local) else 1  # `Base.__init__(self, client)`
    for index, arg in enumerate(call.args[1:]):
        if arg is value:
            name = call.names[index + 1]
            if name and name[0] != "*":
                return next((Place(function, (p.name,)) for p in function.params if p.name == name), None)
            position = index + skip
            plain = [p for p in function.params if p.star != "**"]
            return (
                Place(function, (plain[position].name,)) if position < len(plain) and not plain[position].star else None
            )
    return None


def _summary(basis: Basis, local: Scope, param: Place, row: Row, depth: int) -> Fate:
    """What a function of this module does with the argument it gets."""
    if local.kind == "function" and local.is_generator and local.method_of is None and local.is_async:
        return "escape"
    fates = {fate(basis, use, row, depth) for use in resource_uses(basis, param, row)}
    return "release" if "release" in fates else "escape" if "escape" in fates else "borrow"


def resource_uses(basis: Basis, place: Place, row: Row) -> Iterator[Use]:
    """Uses of the place itself, and of its methods by reference that release it (`callback(f.close)`) or tell it to end
    (`atexit.register(process.terminate)`)."""
    yield from basis.all_uses(place)
    for verb in (*row.release, *row.asks):
        yield from basis.all_uses(Place(place.scope, (*place.path, verb)))
