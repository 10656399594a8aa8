"""The command line: one group of commands, and every error as one line. What is costly is imported by the command
that needs it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn, cast

import click

from leaklint import __version__, garbage
from leaklint.commands.terminal import CLEAN, STOPPED, WRONG, leave, tell

COMMANDS: Mapping[str, str] = {
    "check": "check",
    "merge": "merge",
    "report": "report",
    "baseline": "baseline",
    "init": "init",
    "cache": "cache",
    "config": "show",
    "rule": "show",
    "rules": "show",
    "facts": "show",
}
"""Every command, and the module of `leaklint.commands` that defines it, which is imported when it is asked for."""


class _Commands(click.Group):
    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return cast("click.Command", getattr(importlib.import_module(f"leaklint.commands.{COMMANDS[name]}"), name))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="leaklint %(version)s")
def cli() -> None:
    """Finds memory and resource leaks in Python code before they ship."""


def _sentence(error: Exception) -> str:
    """An error that ended the run, on one line; `python -X dev` shows where the unexpected ones come from."""
    from concurrent.futures import BrokenExecutor

    from leaklint.project.files import printable

    if isinstance(error, click.ClickException):
        return printable(error.format_message())
    if isinstance(error, OSError) and error.strerror:
        name = f"{printable(str(error.filename))}: " if error.filename else ""
        return f"{name}{error.strerror.lower()}"
    # where that module cannot be imported, that is the error
    knowledge_error = getattr(sys.modules.get("leaklint.apis"), "KnowledgeError", BrokenExecutor)
    if isinstance(error, (knowledge_error, BrokenExecutor)):
        return printable(str(error))
    if sys.flags.dev_mode:
        raise error
    return printable(f"internal error: {type(error).__name__}: {error}").removesuffix(": ")


def _status(arguments: Sequence[str] | None) -> int:
    """The exit status; every error becomes one line."""
    try:
        return cast("int", cli.main(arguments, prog_name="leaklint", standalone_mode=False) or CLEAN)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "leaklint"
        tell(f"{' '.join(error.format_message().split())} (see `{command} --help`)")
    except (click.Abort, KeyboardInterrupt):
        return STOPPED
    except Exception as error:  # noqa: BLE001  no traceback reaches a user
        tell(_sentence(error))
    return WRONG


def _even_there(unraisable: sys.UnraisableHookArgs) -> None:
    """Python drops what is raised while it tidies up, as after each import, and with it Ctrl-C: the command ends all
    the same. Its workers follow it."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        os._exit(STOPPED)
    sys.__unraisablehook__(unraisable)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The command `leaklint`."""
    garbage.seldom()
    sys.unraisablehook = _even_there
    leave(_status(arguments))


if __name__ == "__main__":
    main()
