"""Passwords as they are kept: scrypt of the standard library, a salt each, and the cost beside it.

The cost stands in what is kept, so that it can be raised one day and older passwords still be checked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass

from rag.errors import RagError

SHORTEST, LONGEST = 10, 256  # characters
_SALT, _KEY = 16, 32  # bytes


class UnfitPassword(RagError):
    """A password that cannot be taken."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one check costs: 128 * n * r bytes of memory, p times over."""

    n: int = 2**14
    r: int = 8
    p: int = 5


def kept(password: str, cost: Cost | None = None) -> str:
    """What is stored of a password: "scrypt", n, r, p, salt and key, between "$". Raises UnfitPassword."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UnfitPassword(
            f"the password has {len(password)} characters",
            hint=f"Take {SHORTEST} to {LONGEST}; a few words that belong to nothing are better than one with signs.",
        )
    salt, cost = secrets.token_bytes(_SALT), cost or Cost()
    parts = (str(cost.n), str(cost.r), str(cost.p), _text(salt), _text(_key(password, salt, cost)))
    return "$".join(("scrypt", *parts))


def fits(password: str, stored: str) -> bool:
    """Whether a password is the one that was kept, taking as long for one that is not. ValueError: not ours."""
    kind, n, r, p, salt, key = stored.split("$")
    if kind != "scrypt":
        raise ValueError(f"{kind} is not scrypt")
    right = base64.b64decode(key)
    return hmac.compare_digest(
        _key(password[: LONGEST + 1], base64.b64decode(salt), Cost(int(n), int(r), int(p))), right
    )


def _key(password: str, salt: bytes, cost: Cost) -> bytes:
    # Composed, so that one keyboard's é is another's; half a surrogate pair, which a browser cannot send, is replaced.
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "replace")
    room = 132 * cost.r * (cost.n + cost.p + 2)  # what OpenSSL asks for
    return hashlib.scrypt(text, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=room, dklen=_KEY)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
