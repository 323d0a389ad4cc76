"""`rag users`: who may use the page. What it does is the page's, which the command line hands over in the context."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Protocol, cast

import typer

from rag import console
from rag.commands import opened, print_json
from rag.options import DEFAULT_ARCHIVE, ArchiveOption, JsonOption

GROUP = "users"
PasswordOption = Annotated[bool, typer.Option(help="Read the password from standard input, its first line.")]
app = typer.Typer(no_args_is_help=True, help="Who may use the page: everybody, while there is nobody.")


@app.command("add")
def users_add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What the user signs in with.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    password_stdin: PasswordOption = False,
    take: Annotated[
        bool, typer.Option("--take", help="Theirs are the conversations of before there were users.")
    ] = False,
) -> None:
    """Add a user. The password is asked for twice and not shown."""
    with opened(archive) as place:
        console.error(_accounts(context).add(place.path, name, _password(password_stdin), take))


@app.command("password")
def users_password(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="As `rag users list` shows it.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    password_stdin: PasswordOption = False,
) -> None:
    """Give a user another password, and sign them out wherever they are signed in."""
    with opened(archive) as place:
        console.error(_accounts(context).change(place.path, name, _password(password_stdin)))


@app.command("list")
def users_list(context: typer.Context, archive: ArchiveOption = DEFAULT_ARCHIVE, as_json: JsonOption = False) -> None:
    """List the users, and what each has kept."""
    with opened(archive) as place:
        found = _accounts(context).listed(place.path)
    if as_json:
        print_json(found)
    else:
        for user in found:
            typer.echo(f"{user['name']}  added {user['added'][:10]}  conversations {user['conversations']}")
    if not found:
        console.error("No users: who is at this machine needs no password. `rag users add NAME` adds one.")


@app.command("remove")
def users_remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="As `rag users list` shows it.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a user, signed in or not, with the conversations kept for them. Feedback stays."""
    if not yes:
        typer.confirm(f"Remove {console.printable(name)} and all their conversations?", abort=True, err=True)
    with opened(archive) as place:
        console.error(_accounts(context).remove(place.path, name))


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))


class Accounts(Protocol):
    """What `ui.accounts` has: each tells in words what was done, or lists."""

    def add(self, folder: Path, name: str, password: str, take: bool = False) -> str: ...
    def change(self, folder: Path, name: str, password: str) -> str: ...
    def remove(self, folder: Path, name: str) -> str: ...
    def listed(self, folder: Path) -> list[dict[str, Any]]: ...


def _accounts(context: typer.Context) -> Accounts:
    return cast(Accounts, context.obj())
