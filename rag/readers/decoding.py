"""From bytes to text without guessing wrong: a byte order mark, UTF-8, what is declared, then detection.

A wrong encoding puts wrong words into people's mouths, so a detected one counts only when it stands out, and is said;
otherwise the file is reported, and whoever knows its encoding names it in the settings or converts the file.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rag.errors import ReadError
from rag.settings import text_encoding

# Longest mark first: UTF-32's begins like UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KINDS = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
)
# What pages declare and what they then contain, as browsers read it (WHATWG's encoding standard).
_MEANT = {
    "ascii": "cp1252",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
}
# Their text may be valid UTF-8 and yet other words: UTF-16 and UTF-32 by their zeros, the others by escapes in ASCII.
_WIDE = ("utf-16", "utf-32")
_ESCAPED = ("iso2022", "hz")
_USUAL = "cp1252"
_LOW_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_CLEAN = 0.05  # charset-normalizer's share of mess; prose in its right encoding stays below
_COHERENT = 0.5  # … and its share of letters as frequent as in some language; prose reaches it
_MARGIN, _FAR = 0.03, 0.2  # in mess and in coherence, that the next reading must be behind: by less, a wrong one wins

_guessed: ContextVar[dict[str, str] | None] = ContextVar("guessed", default=None)


@contextmanager
def guesses() -> Iterator[dict[str, str]]:
    """Collects the encodings that are guessed meanwhile in this thread, by the names of what they are guessed of.

    Whatever nobody collects is a warning of this module's logger, also in the processes that read files: it comes to
    standard error, unless logging is set up otherwise.
    """
    found: dict[str, str] = {}
    before = _guessed.set(found)
    try:
        yield found
    finally:
        _guessed.reset(before)


def decode(data: bytes, source: str, *declared: str | None) -> str:
    """`data` as text, without its byte order mark.

    `declared` are the encodings that the file, its server or the settings name, the surest first; what is valid UTF-8
    is UTF-8 all the same. Raises ReadError naming `source` when the file is empty, when it is no text, or when its
    encoding cannot be told.
    """
    if not data.strip():
        raise ReadError(source, "the file is empty")
    for magic, kind in _KINDS:
        if data.startswith(magic):
            raise ReadError(source, f"not a text file: {kind}")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = _strict(data, encoding)
            if text is None:
                raise ReadError(source, f"begins as {encoding.removesuffix('-sig').upper()} but is not valid in it")
            return _not_empty(text, source)
    for encoding in _candidates(data, declared):
        text = _strict(data, encoding)
        if text is not None:
            return text
    detected = _detected(data)
    if detected is not None:
        text, encoding = detected
        _say(source, encoding)
        return text
    if len(_LOW_CONTROLS.findall(data)) > len(data) / 100:
        raise ReadError(source, "not a text file: binary data")
    name_it = f"set encoding in settings.toml, e.g. {_USUAL}, or " if _is_own_file(source) else ""
    raise ReadError(
        source, f"neither UTF-8 nor another encoding that can be told for certain; {name_it}save it as UTF-8"
    )


def _is_own_file(source: str) -> bool:
    """Whether this is a local file, whose encoding can be set, and no page."""
    return "://" not in source


def _say(source: str, encoding: str) -> None:
    found = _guessed.get()
    if found is not None:
        found[source] = encoding
        return
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in source)
    name_it = "; if letters are wrong, set encoding in settings.toml" if _is_own_file(source) else ""
    logging.getLogger(__name__).warning("%s: encoding guessed: %s%s", shown, encoding, name_it)


def _not_empty(text: str, source: str) -> str:
    if not text.strip():
        raise ReadError(source, "the file is empty")
    return text


def _candidates(data: bytes, declared: tuple[str | None, ...]) -> list[str]:
    """The encodings to try. Wrong declarations are common, and text in another encoding is practically never UTF-8."""
    first, then = list[str](), list[str]()
    for name in filter(None, map(_known, declared)):
        if name.startswith(_WIDE):
            first += [name] if b"\0" in data else []  # whoever wrote the declaration into these bytes wrote no UTF-16
        else:
            (first if name.startswith(_ESCAPED) else then).append(name)
    return [*first, "utf-8", *then]


def _known(declared: str | None) -> str | None:
    name = text_encoding(declared) if declared else None
    return _MEANT.get(name, name) if name else None


def _strict(data: bytes, encoding: str) -> str | None:
    """`data` in `encoding` if all of it is valid and reads as text."""
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError):
        return None
    return text if len(_CONTROLS.findall(text)) <= max(2, len(text) / 100) else None


def _detected(data: bytes) -> tuple[str, str] | None:
    """`data` in the one encoding that stands out by charset-normalizer's measures, and its name; None if none does."""
    from charset_normalizer import from_bytes

    matches = from_bytes(data)
    best = matches.best()
    if best is None or best.chaos > _CLEAN or best.coherence < _COHERENT:
        return None
    text = _strict(data, best.encoding)
    for rival in matches:
        near = rival.chaos <= best.chaos + _MARGIN and rival.coherence > best.coherence - _FAR
        if near and _strict(data, rival.encoding) != text:
            return None
    if text is None:
        return None
    # Many give the same text: of those, the one that people know is named.
    return text, _USUAL if _strict(data, _USUAL) == text else best.encoding
