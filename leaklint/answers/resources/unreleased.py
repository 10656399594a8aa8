"""Resources that are acquired in a function and released on no path at all, named or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.driver import in_script, in_tests
from leaklint.answers.opening.madeover import opened_for
from leaklint.answers.opening.openers import acquired
from leaklint.answers.process import stops
from leaklint.answers.releasing.fate import only_sent, read_by
from leaklint.answers.releasing.lending import called, only_asked, stays
from leaklint.answers.resources.derived import derived, leaves
from leaklint.answers.resources.mending import Care, Mend, care
from leaklint.answers.ways.dormant import wakes
from leaklint.answers.ways.handlers import comes_to_end
from leaklint.answers.ways.paths import Paths
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import is_called, source_name
from leaklint.tree.ir import Expr, Stmt, walk

_DISPLAYS = ("tuple", "list", "dict")


@dataclass(frozen=True, slots=True)
class Unreleased:
    """`defence` says why it is well after all; `name` is the local name, empty when there is none.

    `lost` binds the name to something else while the resource is open; what is bound to it last may be released.
    `derived` is made from it and leaves the function. `back` takes it back from whom it was given to. `reader` is made
    over it, and stays in the function.
    """

    subject: str
    row: Row
    call: Expr
    name: str = ""
    defence: str = ""
    lost: Stmt | None = None
    derived: Expr | None = None
    back: Stmt | None = None
    maker: str = ""  # the class of another file that makes it: whether it must be closed is for that file to say
    asked: tuple[str, ...] = ()  # the methods called on it
    likely: bool = True  # where that is not checked, this looks like a leak all the same
    reader: Expr | None = None
    care: Care | None = None  # what a repair has to mind
    started: bool = False  # it runs on by itself
    left: Stmt | None = None  # the first way out of the function
    given: Stmt | None = None  # defines the function that gets it, for each client of the server that `call` starts

    @property
    def mend(self) -> Mend:
        """May a `with` take its place, or one around all that reads from it?"""
        if self.care is not None and (self.derived is None or self.care.mend == "shared"):
            return self.care.mend
        if not self.row.scoped:
            return "close" if self.derived is None else "later"
        return "inside" if self.derived is not None else "with" if self.reader is None else "around"


def unreleased(basis: Basis, traces: Sequence[tuple[Paths, Expr]]) -> Iterator[Unreleased]:
    """Named ones by their traces, and those that are dropped where they are acquired."""
    for paths, value in traces:
        lost = paths.exit("lost")
        if lost is not None and lost.stmt.op == "del" and _counted(basis, paths.row):
            continue  # what CPython closes then
        if lost is not None:
            yield Unreleased(paths.place.text, paths.row, value, paths.place.path[0], lost=lost.stmt)
        if lost is not None or paths.releases or paths.escapes:
            continue
        name, defence = paths.place.path[0], _kept(basis, paths, value)
        if defence:
            yield Unreleased(paths.place.text, paths.row, value, name, defence)
            continue
        made = derived(basis, value, paths.place)
        mind = care(basis, paths.row, value, paths.place)
        runs = any(u.verb == "start" for u in basis.all_uses(paths.place))
        out = paths.exit("return") or paths.exit("end")
        left = out.stmt if out is not None else None
        yield Unreleased(paths.place.text, paths.row, value, name, derived=made, care=mind, started=runs, left=left)
    for call in basis.all_calls:
        row, function = acquired(basis, call), call.stmt.scope.function
        if row is not None and dropped(basis, call, row):
            where = function.qualname or "<module>"
            subject = f"{where}.{basis.types.callee(call).name or call.args[0].text}"
            around = call.parent if call.parent is not None and call.parent.op == "call" else None
            reader = around if around is not None and only_asked(basis, around) else None
            defence = "the function does not end" if _last(basis, call.stmt) else ""
            if not defence and reader is None:
                defence = _gone(basis, call, row)
            made, mind = derived(basis, call, None), care(basis, row, call, None)
            yield Unreleased(subject, row, call, defence=defence, derived=made, reader=reader, care=mind)
        elif row is None and (row := _left_behind(basis, call)) is not None:
            yield Unreleased(f"{function.qualname}.{call.args[0].text}", row, call)


def _kept(basis: Basis, paths: Paths, value: Expr) -> str:
    """Why it stays open on purpose; empty where nothing says so."""
    if paths.row.closer and _told(basis, paths):
        return "the user is told where it is"
    uses = basis.all_uses(paths.place)
    if any(_serves(basis, u.site) for u in uses if u.verb):
        return "serves as long as the process lives"
    if _counted(basis, paths.row) and in_tests(basis):
        return "ends with its tests"
    session = basis.apis.means("session_nouns", paths.row.called.split()[-1])
    if session and any(leaves(basis, u.site) for u in uses if u.verb == "__getitem__"):
        return "a part of it leaves the function"  # `return client[name]`
    numbers = basis.all_uses(Place(paths.place.scope, (*paths.place.path, "pid"))) if paths.row.asks else ()
    if any(u.role == "argument" and called(basis, u.site)[:1].isupper() for u in numbers):
        return "an object made of its id stands for it"  # `Process(process.pid)`
    if _outlives(basis, paths.row, value):
        return "meant to outlive this process"
    if _destroyed(basis, value):
        return "destroyed with what made it"
    if any(comes_to_end(basis, e) for e in paths.exits):
        return ""
    asleep = paths.row.lazy and wakes(basis, paths.place, paths.row, paths.acquired, ()) is None
    return "opens nothing until it is used" if asleep else "the function does not end"


def _destroyed(basis: Basis, value: Expr) -> bool:
    """`socket = context.socket(PULL)`, and `context.destroy()` later, which closes all that it has made."""
    method = value.args[0] if value.op == "call" else None
    maker = basis.names.place(method.args[0]) if method is not None and method.op == "attr" else None
    return maker is not None and any(use.verb == "destroy" for use in basis.all_uses(maker))


def _counted(basis: Basis, row: Row) -> bool:
    """Does CPython close it with the last reference to it?"""
    return (row.counted or basis.apis.means("file_nouns", row.called.split()[-1])) and not row.closer


def _gone(basis: Basis, call: Expr, row: Row) -> str:
    """How what gets no name is well all the same; empty where it is not."""
    looked = call.parent if call.parent is not None and call.parent.op == "attr" else None
    if looked is not None and looked.parent is not None and _serves(basis, looked.parent):
        return "serves as long as the process lives"
    counted = _counted(basis, row)
    if counted and looked is not None and looked.text == "name" and not is_called(looked):
        return "closed at once, and only its name is kept"  # `NamedTemporaryFile(suffix=".mp4").name`
    if _outlives(basis, row, call):
        return "meant to outlive this process"
    script = counted and call.stmt.op != "for" and in_script(basis, call.stmt)
    if script:
        return "closed at once, in a script that ends"
    return "ends with its tests" if counted and in_tests(basis) else ""


def _outlives(basis: Basis, row: Row, call: Expr) -> bool:
    """Is a process started apart from this one, with nothing that this one could read or write?"""
    if not row.asks or any(source_name(arg) == "PIPE" for arg in call.args[1:]):
        return False
    for name, arg in zip(call.names[1:], call.args[1:], strict=True):
        words = [e.text if e.op in ("name", "attr") else e.value for e in walk(arg)]
        told = arg.op == "compare" or any(basis.apis.means("detaching_values", word) for word in words if word)
        if told and basis.apis.means("detaching_arguments", name):
            return True
    return False


def _serves(basis: Basis, call: Expr) -> bool:
    """Does a call return only when what it is a method of is told to stop: `server.serve_forever()`?"""
    return call.op == "call" and basis.apis.means("serving_methods", call.args[0].text)


def _last(basis: Basis, stmt: Stmt) -> bool:
    """Is it of the last that the process does: `Popen(...)`, `os._exit(0)`?"""
    after = stmt.parent.stmts if stmt.parent is not None else ()
    return any(stops(basis, s) for s in after if s.ordinal > stmt.ordinal)


def _told(basis: Basis, paths: Paths) -> bool:
    """Is the path of what stays on disk printed? Whoever reads that is to find it there."""
    for mention in basis.mentions(paths.place.path[0]):
        around: Expr | None = mention if basis.names.place(mention) == paths.place else None
        while around is not None and around.op != "call":
            around = around.parent
        if around is not None and basis.apis.means("printing_functions", source_name(around)):
            return True
    return False


def dropped(basis: Basis, call: Expr, row: Row) -> bool:
    """Used for one look at an attribute or method, or not at all: nobody can release it afterwards."""
    expr = _passed_through(basis, call)
    parent, stmt = expr.parent, expr.stmt
    if parent is None:
        iterated = stmt.op == "for" and expr is stmt.value and (expr is not call or not stmt.is_async)
        # `async for ws in connect(url)`: what is not awaited makes one after the other, and closes each
        return (stmt.op == "expr" and not _ends(basis, call)) or iterated
    if parent.op == "comp":
        return parent.args[0] is expr  # the first iterable: the others are bound again and again
    if opened_for(basis, call) is not None:
        return False  # what is made over it may close it when it is done
    if row.empty and not (parent.op == "attr" and parent.text in row.own):
        return False
    if parent.op == "attr":
        half = acquired(basis, parent)  # `Client().aio`: that half is followed by itself
        return (half is None or not half.needs_release) and _looked_at(basis, parent, row)
    packed = parent.op in _DISPLAYS
    while parent is not None and parent.op in _DISPLAYS:  # `files={"f": open(p)}`
        expr, parent = parent, parent.parent
    if packed and parent is None:
        return only_sent(basis, stmt, row)
    return (
        parent is not None
        and parent.op == "call"
        and expr is not parent.args[0]
        and read_by(basis, parent, row, packed)
    )


def _passed_through(basis: Basis, expr: Expr) -> Expr:
    """The expression that gives what a call opens: through await, and `wait_for(call, 5)`."""
    while (parent := expr.parent) is not None:
        passes = parent.op == "call" and len(parent.args) > 1 and parent.args[1] is expr
        row = basis.types.callee(parent).row if passes else None
        if parent.op != "await" and not (row is not None and row.passes):
            break
        expr = parent
    return expr


def _left_behind(basis: Basis, call: Expr) -> Row | None:
    """What would have to be closed of a tuple that is dropped, or of which another entry is taken: `mkstemp()[1]`."""
    whole, maker = _passed_through(basis, call), basis.types.callee(call).row
    if whole.parent is None and whole.stmt.op == "expr" and maker is not None and not maker.passes:
        parts = (basis.types.indexed(call, index) for index in "01")  # `await wait_for(open_connection(host, 80), 5)`
        return next((row for row in parts if row is not None and row.kind == "resource" and row.needs_release), None)
    taken = call.parent if call.parent is not None and call.parent.op == "sub" else None
    if taken is None or taken.args[0] is not call or taken.args[1].op != "const":
        return None
    others = (basis.types.indexed(call, index) for index in "01" if index != taken.args[1].value)
    return next((row for row in others if row is not None and row.closer), None)


def _ends(basis: Basis, call: Expr) -> bool:
    """A statement that calls `stack.pop_all()`, or makes an object that its own constructor may keep."""
    callee = basis.types.callee(call)
    disarms = callee.receiver is not None and callee.method in callee.receiver.release
    return disarms or (callee.local is not None and callee.local.kind == "class")


def _looked_at(basis: Basis, attribute: Expr, row: Row) -> bool:
    """Is all that is asked of it one attribute, or one method that gives nothing which could hold it?"""
    call = attribute.parent
    if attribute.text in row.release or basis.apis.means("end_of_life_methods", attribute.text):
        return False
    if call is None or call.op != "call" or call.args[0] is not attribute:
        return not (basis.apis.means("session_nouns", row.called.split()[-1]) and _stored(attribute))
    if basis.types.callee(call).local is not None:
        return False
    made = basis.types.result(call)
    answer = made is not None and basis.apis.means("response_nouns", made.noun.rpartition(" ")[2])
    return made is None or answer or attribute.text in row.spawn or _used_up(basis, call, made)


def _stored(part: Expr) -> bool:
    """Is a part of it put into something: `values["client"] = Client().chat`? That part holds it."""
    while part.parent is not None and part.parent.op == "attr":
        part = part.parent
    stmt, whole = part.stmt, part.parent is None
    targets = stmt.targets if stmt.op == "assign" and whole else ()
    return any(t.op in ("attr", "sub") for t in targets) or (stmt.op == "return" and whole)


def _used_up(basis: Basis, call: Expr, made: Row) -> bool:
    """Does what a method gives go no further: `connect(path).execute(query)`, `... .fetchall()`, `cursor = ...`?"""
    parent = call.parent
    if parent is not None:
        taken = parent.parent if parent.op == "attr" else None
        if taken is None or taken.op != "call" or taken.args[0] is not parent:
            return False
        return parent.text not in made.release and basis.types.result(taken) is None
    return call.stmt.op in ("expr", "assign", "for") and not made.needs_release and stays(basis, call)
