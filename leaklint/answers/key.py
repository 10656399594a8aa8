"""Where does a key come from: chosen outside, from a closed set, a count of things, the object's own identity?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from leaklint.answers.listed import closed_type, literal
from leaklint.answers.releasing import fate
from leaklint.answers.shared import is_classmethod
from leaklint.meaning.basis import Answer, Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name, text_of
from leaklint.tree.ir import Binding, Expr, Param, Scope, source, walk

_FRESH = (
    "uuid.uuid4",
    "uuid.uuid1",
    "secrets.token_hex",
    "secrets.token_urlsafe",
    "builtins.id",
    "time.time",
    "hashlib.sha256",
    "hashlib.md5",
)
_CONVERSIONS = tuple(f"builtins.{kind}" for kind in ("str", "int", "repr", "hash", "tuple", "frozenset", "bytes"))
_REARRANGES = ("itertools.", "builtins.reversed", "builtins.sorted", "builtins.list", "builtins.set")
_SHAPING = frozenset(
    ["lower", "upper", "title", "casefold", "strip", "zfill", "replace", "encode", "decode", "digest", "hexdigest"]
)
_SPLITS = frozenset(["split", "rsplit", "splitlines", "partition", "rpartition"])
_MAKES = re.compile(r"^_?((get|make|build|generate|compute)_)?_*")  # `get_session_id()` gives a session id
_CLOSED_CALLS = ("builtins.type", "builtins.isinstance", "builtins.len", "builtins.bool", "os.getpid")
_THREADS = ("threading.get_ident", "threading.get_native_id", "threading.current_thread", "asyncio.current_task")
_CLOSED_ATTRIBUTES = ("__name__", "__class__", "__qualname__", "__module__", "__doc__", "__file__")
_IDENTITIES = ("id", "uid", "uuid", "key", "pk", "address", "url", "path")  # `user.id` says what `user_id` says
_PUT_TOGETHER = ("tuple", "fstring", "format", "binary")
_DEPTH = 6


def key(basis: Basis, expr: Expr | None, depth: int = _DEPTH) -> Answer:
    """Is a key chosen from outside (`caller's key`), from a closed set, or is that unknown?

    `word` is the identifier that decides.
    """
    if expr is None or depth < 0:
        return Answer("unknown")
    if expr.op == "const":
        return Answer("closed set", word=source(expr))
    if expr.op == "binary" and expr.text == "Modulo" and expr.args[1].op == "const" and expr.args[1].text == "num":
        return Answer("closed set", word=source(expr))
    if expr.op in (*_PUT_TOGETHER, "bool"):
        return _worst(key(basis, a, depth - 1) for a in expr.args)
    if expr.op in ("await", "starred", "walrus"):
        return key(basis, expr.args[-1], depth - 1)
    if expr.op == "if":
        return _worst((key(basis, expr.args[0], depth - 1), key(basis, expr.args[2], depth - 1)))
    if expr.op == "call":
        return _called(basis, expr, depth)
    if expr.op == "attr":
        return _attribute(basis, expr)
    if expr.op == "sub":
        if len(expr.args) == 2 and expr.args[1].op == "const" and expr.args[1].text == "num":
            return key(basis, expr.args[0], depth - 1)  # `address[0]`
        return _named(basis, _subscripted(expr), expr)
    if expr.op == "name":
        return _name(basis, expr, depth)
    return Answer("unknown")


def passed_in(basis: Basis, expr: Expr | None) -> bool:
    """Is some part of a key a parameter, other than the object itself or a position?"""
    for name in walk(expr) if expr is not None else ():
        found = basis.names.bindings(name.text, name.scope) if name.op == "name" else []
        function = found[0].stmt.inner if found and found[0].how == "param" else None
        if function is not None and not (function.method_of and function.params[0] is found[0].param):
            annotation = found[0].param.annotation if found[0].param is not None else None
            return not closed_type(basis, annotation) and (annotation is None or source_name(annotation) != "int")
    return False


def _worst(answers: Iterator[Answer] | tuple[Answer, ...]) -> Answer:
    """One open part makes the whole open; one unknown part keeps it from being closed."""
    found = list(answers)
    for kind in ("caller's key", "inventory", "unknown", "closed set"):
        for answer in found:
            if answer.kind == kind:
                return answer
    return Answer("closed set")


def _subscripted(expr: Expr) -> str:
    """`session_id` for `message["session_id"]`."""
    return text_of(expr.args[1]) if len(expr.args) == 2 else ""


def _named(basis: Basis, word: str, expr: Expr) -> Answer:
    return _word(basis, word, source(expr))


def _word(basis: Basis, word: str, shown: str) -> Answer:
    """What an identifier says of its values; `shown` stands for it in messages."""
    if basis.apis.means("closed_keys", word):
        return Answer("closed set", word=word)
    if basis.apis.means("open_keys", word):
        few = any(basis.apis.means(what, word) for what in ("inventory_keys", "standing_keys"))
        return Answer("inventory" if few else "caller's key", word=shown)
    return Answer("unknown", word=shown)


def looped(basis: Basis, expr: Expr | None) -> bool:
    """Is a part of a key the variable of a loop over a collection?"""
    return expr is not None and any(_looped(basis, e) for e in walk(expr))


def _looped(basis: Basis, item: Expr) -> bool:
    """A variable of a loop over a collection."""
    found = basis.names.bindings(item.text, item.scope) if item.op == "name" else []
    return any(b.how in ("for", "comp") and not b.stmt.is_async and not parts_of(basis, b) for b in found)


def _attribute(basis: Basis, expr: Expr) -> Answer:
    if _counted(basis, expr):
        return Answer("caller's key", word=source(expr))
    whole = expr.args[0]
    listed = (whole.op == "name" and whole.text[:1].isupper()) or basis.apis.means("descriptions", source_name(whole))
    if expr.text in _CLOSED_ATTRIBUTES or listed:
        return Answer("closed set", word=source(expr))
    if expr.args[0].op == "call" and expr.text in ("hex", "int", "ident"):  # `uuid4().hex`
        return _called(basis, expr.args[0], _DEPTH)
    klass = basis.names.class_of(expr.args[0])
    if klass is not None:
        # the object's own identity: one per instance, whoever makes the instances
        named = _named(basis, expr.text, expr)
        return named if named.kind == "closed set" else Answer("own", word=source(expr))
    whose = f"{expr.args[0].text}_" if expr.text in _IDENTITIES and expr.args[0].op in ("name", "attr") else ""
    return _named(basis, whose + expr.text, expr)


def _counted(basis: Basis, expr: Expr) -> bool:
    """A counter, of an object, a class or the module: each key is a new one."""
    place = basis.names.place(expr)
    held = place is not None and place.scope.kind in ("class", "module") and len(place.path) == 1
    return place is not None and held and any(u.verb == "__iadd__" for u in basis.all_uses(place))


def _called(basis: Basis, call: Expr, depth: int) -> Answer:
    name = basis.names.qualified(call.args[0]) or ""
    if name == "builtins.next" and len(call.args) == 2 and call.args[1].op in ("name", "attr"):
        return Answer("caller's key", word=source(call))  # of a counter
    if name in _CLOSED_CALLS:
        return Answer("closed set", word=source(call))
    if name.startswith(_FRESH):
        return Answer("caller's key", word=source(call))
    if name in _THREADS:
        return Answer("inventory", word=source(call))
    func = call.args[0]
    if name == "builtins.getattr" and len(call.args) > 2 and call.args[2].op == "const":
        word = text_of(call.args[2])
        return Answer("closed set", word=word) if word in _CLOSED_ATTRIBUTES else _named(basis, word, call)
    if name.startswith(_REARRANGES):
        return _worst(key(basis, a, depth - 1) for a in call.args[1:])
    if name in _CONVERSIONS and len(call.args) > 1:
        return key(basis, call.args[1], depth - 1)
    if func.op == "attr" and (func.text in ("join", "format") or func.text in _SHAPING or func.text in _SPLITS):
        return key(basis, call.args[-1] if func.text in ("join", "format") else func.args[0], depth - 1)
    if func.op == "attr" and func.text == "get" and len(call.args) > 1 and call.args[1].op == "const":
        return _named(basis, text_of(call.args[1]), call)
    word = _MAKES.sub("", source_name(func))
    named = _named(basis, word, call)
    answer = _composed(basis, named, word)
    if call.args[1:] and (named.kind == "unknown" or answer is not named):
        given = _worst(key(basis, a, depth - 1) for a in call.args[1:])
        return given if named.kind == "unknown" or given.kind == "caller's key" else answer
    return answer


def _name(basis: Basis, expr: Expr, depth: int) -> Answer:
    bindings = _reaching(basis.names.bindings(expr.text, expr.scope), expr)
    if not bindings:
        return Answer("unknown", word=expr.text)
    binding = bindings[0]
    if binding.how in ("class", "def", "import"):
        return Answer("closed set", word=expr.text)
    if binding.param is not None and binding.stmt.inner is not None:
        return parameter(basis, binding.stmt.inner, binding.param, min(depth, 2))
    if binding.how in ("for", "comp") and binding.value is not None:
        if literal(basis, binding.value):
            return Answer("closed set", word=expr.text)
        named = _named(basis, expr.text, expr)
        whole = key(basis, binding.value, depth - 1) if named.kind == "unknown" and parts_of(basis, binding) else named
        if whole.kind == "caller's key" and _configured(binding.value):
            return Answer("inventory", word=expr.text)
        return Answer(whole.kind, word=expr.text) if whole.kind in ("caller's key", "inventory") else named
    home = basis.names.scope_of(expr.text, expr.scope)
    if home is not None and home.kind == "module":
        return Answer("caller's key" if _counted(basis, expr) else "closed set", word=expr.text)
    named = _named(basis, expr.text, expr)
    if binding.exact and binding.value is not None and len(bindings) <= 3:
        answer = _worst(key(basis, b.value, depth - 1) for b in bindings if b.value is not None)
        if answer.kind != "unknown":
            return Answer(answer.kind, word=expr.text if answer.kind in ("caller's key", "inventory") else answer.word)
        if expr.text.endswith("key") and any(b.value.op in _PUT_TOGETHER for b in bindings if b.value is not None):
            few = named.kind == "caller's key" and not basis.apis.means("passing_keys", expr.text)
            return Answer("inventory", word=named.word) if few else named
        return _composed(basis, named, expr.text)
    return named


def _composed(basis: Basis, named: Answer, word: str) -> Answer:
    """`cache_key = (name, scale)`: its name says only that it is a key, and nothing that it is made of says more."""
    few = named.kind == "caller's key" and basis.apis.means("composed_keys", word)
    return Answer("inventory", word=named.word) if few else named


def _reaching(bindings: Sequence[Binding], expr: Expr) -> Sequence[Binding]:
    """Bindings that can reach the expression: an earlier assignment in the same block hides those before it."""
    stmt = expr.stmt
    over = [b.stmt.ordinal for b in bindings if b.how == "assign" and b.exact and b.stmt.parent is stmt.parent]
    last = max((at for at in over if at < stmt.ordinal), default=None)
    return bindings if last is None else [b for b in bindings if last <= b.stmt.ordinal < stmt.ordinal]


def _configured(iterated: Expr) -> bool:
    """`for room in settings[CONF_ROOMS]`: a list that stands under a name which the code knows."""
    name = iterated.args[-1] if iterated.op in ("sub", "call") else iterated
    return name.op in ("name", "attr") and name.text.isupper()


def parameter(basis: Basis, function: Scope, param: Param, depth: int = 2) -> Answer:
    """What the callers of a function give as this parameter."""
    if function.method_of and function.params[0] is param:
        return Answer("closed set" if is_classmethod(function) else "own", word=param.name)
    if closed_type(basis, param.annotation) or (depth > 0 and _written(basis, function, param, depth - 1)):
        return Answer("closed set", word=param.name)
    return _word(basis, param.name, param.name)


def _written(basis: Basis, function: Scope, param: Param, depth: int) -> bool:
    """Do all who call a private function write out what they give as this parameter?"""
    if not function.name.startswith("_") or function.name.endswith("__"):
        return False
    sites = [e.parent for e in basis.mentions(function.name) if basis.names.local(e) is function]
    wanted = Place(function, (param.name,))
    given = [
        next((a for a in call.args[1:] if fate.parameter(function, call, a) == wanted), None)
        for call in sites
        if call is not None and call.op == "call" and basis.names.local(call.args[0]) is function
    ]
    return bool(given) and len(given) == len(sites) and all(key(basis, a, depth).kind == "closed set" for a in given)


def parts_of(basis: Basis, binding: Binding) -> bool:
    """A loop over the parts of a value, or over values arranged anew: `for part in path.split("/")`."""
    value = binding.value
    if value is not None and value.op == "name":
        value = basis.names.only_value(value.text, value.scope)
    if value is None or value.op != "call":
        return False
    func = value.args[0]
    arranged = (basis.names.qualified(func) or "").startswith(_REARRANGES)
    return arranged or (func.op == "attr" and func.text in _SPLITS)
