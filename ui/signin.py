"""The page on which readers sign in: plain HTML in the look of the desk, without a script. Pure."""

from __future__ import annotations

from html import escape
from pathlib import Path

_HERE = Path(__file__).parent
WRONG = "Wrong name or password."
# The desk's pages send no referrer, and a form without one comes with the origin "null".
_REFERRER = '<meta name="referrer" content="same-origin">'
AGAIN = '<!doctype html><html lang="en"><title>Ask the archive</title><meta http-equiv="refresh" content="0; url=/">'


def page(name: str = "", problem: str = "") -> str:
    """The form, with the name as it was typed and what was wrong with it."""
    told = f'<p id="problem" class="notice" role="alert">{escape(problem)}</p>' if problem else ""
    wrong = 'aria-invalid="true" aria-describedby="problem"' if problem else ""
    first, second = ("", "autofocus") if name else ("autofocus", "")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{_REFERRER}'
        '<title>Sign in: Ask the archive</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/sign-in.css"></head><body><main><h1>Ask the archive</h1>'
        f'<form method="post" action="/sign-in">{told}'
        f'<label for="name">Name</label><input id="name" name="name" value="{escape(name)}" autocomplete="username" '
        f'autocapitalize="none" spellcheck="false" required maxlength="64" {first} {wrong}>'
        '<label for="password">Password</label><input id="password" name="password" type="password" '
        f'autocomplete="current-password" required maxlength="256" {second} {wrong}>'
        '<button type="submit">Sign in</button></form></main></body></html>'
    )


def too_fast(seconds: float) -> str:
    """That the next password must wait."""
    left = max(1, round(seconds))
    return f"Too many wrong passwords. Try again in {left} second{'' if left == 1 else 's'}."


def style() -> str:
    """The tokens, dark where the reader's machine is, and what the form is made of."""
    light, dark = _HERE.joinpath("tokens.css").read_text("utf-8").split("\n.dark {")
    fonts, own = (_HERE.joinpath(name).read_text("utf-8") for name in ("fonts.css", "signin.css"))
    return f"{fonts}{light}\n@media (prefers-color-scheme: dark) {{\n:root {{{dark}}}\n{own}"
