"""Where the process ends, and with it all that it holds."""

from __future__ import annotations

from leaklint.meaning.basis import Basis, calls
from leaklint.tree.ir import Stmt

_STOPPERS = (
    *("sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"),
    *("os.execv", "os.execve", "os.execvp", "os.execvpe", "os.execl", "os.execle", "os.execlp", "os.execlpe"),
)


def stops(basis: Basis, stmt: Stmt) -> bool:
    """Does the process end here, or go on as another program?"""
    return stmt.op == "expr" and any(basis.names.qualified(c.args[0]) in _STOPPERS for c in calls(stmt))
