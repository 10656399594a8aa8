"""What a file may cost: generated code that is large in one way, and many files in one process."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from leaklint.analyze import analyze
from leaklint.catalogue import Catalogue, load
from leaklint.report.audit.guards import guards

HEAD = "import asyncio, threading\n\n\nasync def start(g):\n    asyncio.create_task(g())\n\n\n"
"""Lets a file pass the gate."""

LARGE: dict[str, Callable[[int], str]] = {
    "one big dict": lambda n: "D = {\n" + "".join(f"    'k{k}': [{k}, 'v{k}'],\n" for k in range(10 * n)) + "}\n",
    "functions": lambda n: "".join(f"def f{k}(x):\n    y = g(x)\n    return f{k - 1}(y)\n" for k in range(2 * n)),
    "methods": lambda n: (
        "class A:\n    def __init__(self):\n        self.d = {}\n"
        + "".join(f"    def f{k}(self, x):\n        self.d[x] = {k}\n        self.f{k - 1}(x)\n" for k in range(n))
    ),
    "classes": lambda n: "".join(f"class C{k}:\n    def m(self, key):\n        self.x[key] = 1\n" for k in range(n)),
    "assignments": lambda n: "".join(f"n{k} = n{k - 1}\n" for k in range(10 * n)),
    "one name": lambda n: "x = []\n" + "".join(f"x = h(x, {k})\n" for k in range(5 * n)),
    "additions": lambda n: "x = []\ndef f(a):\n" + "    x.append(a)\n" * n,
    "branches": lambda n: (
        ("def f(a):\n    if a:\n        pass\n" + "    elif a == 1:\n        b = 1\n" * 100) * (n // 100)
    ),
    "nesting": lambda n: f"x = {'f(' * 90}{')' * 90}\n" * (n // 20),
    "text": lambda n: "x = '''" + "some words and more of them\n" * (100 * n) + "'''\n",
    "escapes": lambda n: "x = '" + "\\n" * (1000 * n) + "'\n",
    "open files": lambda n: "def f(p):\n" + "".join(f"    h{k} = open(p)\n    h{k}.read()\n" for k in range(n)),
    "clients that are closed": lambda n: (
        "import net\ndef f(p):\n" + "".join(f"    h{k} = net.Client()\n    h{k}.close()\n" for k in range(n))
    ),
    "clients kept": lambda n: (
        "import net\nclass Hub:\n    def __init__(self):\n"
        + "".join(f"        self.c{k} = net.Client()\n" for k in range(n))
        + "    def close(self):\n        self.c0.close()\n"
    ),
    "opened in each turn": lambda n: (
        "import socket\nclass Hub:\n    def run(self):\n        while True:\n"
        + "".join(
            f"            self.s{k} = socket.create_connection(1)\n            self.s{k}.send(1)\n" for k in range(n)
        )
    ),
    "listeners": lambda n: (
        "import net\nclass Hub:\n    def __init__(self, bus):\n"
        + "".join(f"        bus.add_listener({k}, self.on_{k})\n" for k in range(n))
        + "    def close(self):\n        self.x = 0\n"
        + "".join(f"    def on_{k}(self, e):\n        pass\n" for k in range(n))
    ),
    "listeners that are taken off": lambda n: (
        "class Hub:\n"
        + "".join(
            f"    def m{k}(self, bus):\n        bus.on('e', self.on_{k})\n        bus.off('e', self.on_{k})\n"
            f"    def on_{k}(self):\n        pass\n"
            for k in range(2 * n)
        )
    ),
    "listeners of what is made again": lambda n: (
        "class View:\n    def __init__(self, bus):\n"
        + "".join(f"        bus.add_listener({k}, self.on_{k})\n" for k in range(n))
        + "".join(f"    def on_{k}(self, e):\n        pass\n" for k in range(n))
        + "def show(bus):\n"
        + "    View(bus)\n" * n
    ),
    "locks": lambda n: (
        "import threading\nclass Hub:\n    def __init__(self):\n        self.lock = threading.Lock()\n"
        "    def run(self, s):\n"
        + "".join(f"        self.lock.acquire()\n        s.send({k})\n        self.lock.release()\n" for k in range(n))
    ),
    "ways out": lambda n: "def f(p):\n    h = open(p)\n" + "    if p:\n        return 1\n" * n + "    h.close()\n",
    "tasks": lambda n: "async def f(g):\n" + "    asyncio.create_task(g())\n" * n,
    "keys": lambda n: (
        "class Hub:\n    def __init__(self):\n        self.d = {}\n    def on_message(self, session_id, x):\n"
        + "".join(f"        self.d[session_id + x.a{k}] = x\n" for k in range(2 * n))
    ),
    "calls of one helper": lambda n: (
        "def helper():\n" + "".join(f"    g{k}()\n" for k in range(n)) + "def main():\n" + "    helper()\n" * n
    ),
    "calls under the start of a program": lambda n: (
        "SESSIONS = {}\n\n\ndef helper(key):\n    SESSIONS[key] = key\n\n\ndef middle(key):\n"
        + "    helper(key)\n" * n
        + "\n\ndef main(key):\n"
        + "    middle(key)\n" * n
        + '\n\nif __name__ == "__main__":\n    main(1)\n'
    ),
    "nested finally": lambda n: (
        "def f(p, g):\n    for k in p:\n        x = open(k)\n"
        + "".join(
            f"{' ' * d}try:\n{' ' * d} g()\n{' ' * d} if k: return\n{' ' * d} if p: break\n{' ' * d}finally:\n"
            for d in range(8, 24)
        )
        + " " * 24
        + "x.close()\n"
        + "f(1)\n" * n
    ),
    "names of an error": lambda n: (
        "import traceback\ndef f(g, job):\n    try:\n        g()\n    except Exception:\n"
        "        text = traceback.format_exc()\n"
        + "        told = text\n" * n
        + "        said = told\n" * n
        + "        sent = said\n" * n
    ),
    "sums of a metric": lambda n: (
        "import torch\nclass Loss:\n    def __init__(self):\n        self.total = torch.zeros(1)\n"
        "    def update(self, value):\n        part0 = value\n"
        + "".join(f"        part{k + 1} = part{k} * 2\n        self.total += part{k + 1}\n" for k in range(2 * n))
    ),
    "entries by kind of message": lambda n: (
        "class Hub:\n    def __init__(self):\n        self.waiting = {}\n    async def on_message(self, kind, key):\n"
        + "".join(
            f"        if kind == {k}:\n            self.waiting[key] = Future()\n            await self.send(key)\n"
            f"        elif kind == -{k}:\n            self.waiting.pop(key)\n"
            for k in range(n // 4)
        )
    ),
    "handlers": lambda n: "try:\n    f()\nexcept E as e:\n    log.error(f'{body} {e}')\n" * n,
}


@functools.cache
def knowledge() -> Catalogue:
    return load()


def seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


@pytest.mark.parametrize("kind", LARGE)
def test_large_files_cost_what_their_bytes_cost(kind: str) -> None:
    """Bounded by what parsing costs, with room for slow moments: what is quadratic goes far beyond."""
    source = (HEAD + LARGE[kind](1000)).encode()
    analyze(HEAD.encode(), "a.py", "a", knowledge())  # imports what is needed
    cost = seconds(lambda: analyze(source, "a.py", "a", knowledge()))
    parsing = seconds(lambda: ast.parse(source))
    assert cost < 1 + 100 * parsing


def test_guards_of_a_report_cost_what_their_bytes_cost() -> None:
    """Of a function that leaves early again and again, and then sets what it has asked for."""
    asked = [f"        if self.x{k}: return" for k in range(1000)]
    lines = ["class A:", "    def f(self, k):", *asked, *(f"        self.x{k} = g(k)" for k in range(1000))]
    cost = seconds(lambda: guards(lines))
    parsing = seconds(lambda: ast.parse("\n".join(lines)))
    assert cost < 1 + 100 * parsing


SLOPE = """
import resource
from leaklint.analyze import analyze
from leaklint.catalogue import load

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20)

CODE = '''
import asyncio, pathlib, sqlite3
class Hub{0}:
    def __init__(self):
        self.sessions{0} = {{}}
    def on_connect(self, session_id, path):
        self.sessions{0}[session_id] = pathlib.Path(path).open()
        return sqlite3.connect("x{0}").cursor().execute("select {0}")
'''
knowledge, sizes = load(), []
for number in range(2000):
    analyze(CODE.format(number).encode(), f"m{number}.py", f"m{number}", knowledge)
    if number in (499, 1999):
        sizes.append(most())
print(sizes[1] - sizes[0])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_memory_stays_where_it_is() -> None:
    """Of 2,000 files that differ in every name, the last 1,500 must not add what the catalogue alone weighs."""
    done = subprocess.run([sys.executable, "-c", "import sys" + SLOPE], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 15
