"""From bytes to text without guessing wrong: a byte order mark, a declaration, UTF-8, then detection.

A wrong encoding puts wrong words into people's mouths, so a detected one counts only when it stands out; otherwise the
file is reported and whoever knows its encoding converts it.
"""

from __future__ import annotations

import codecs
import re

from rag.errors import ReadError

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
_TEXT_ENCODING = re.compile(r"(?:utf-(?:8|16|32)|iso|cp\d|koi8|mac-|big5|gb|hz|euc|shift|ascii|tis)", re.IGNORECASE)
_LOW_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_CLEAN = 0.05  # charset-normalizer's share of mess; prose in its right encoding stays below
_COHERENT = 0.5  # … and its share of letters as frequent as in some language; prose reaches it
_MARGIN = 0.03  # how far the next reading must be behind


def decode(data: bytes, source: str, declared: str | None = None) -> str:
    """`data` as text, without its byte order mark.

    `declared` is the encoding that the file or its server names, if any. Raises ReadError naming `source` when the
    file is empty, when it is no text, or when its encoding cannot be told.
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
    text = _detected(data)
    if text is not None:
        return text
    if len(_LOW_CONTROLS.findall(data)) > len(data) / 100:
        raise ReadError(source, "not a text file: binary data")
    raise ReadError(source, "neither UTF-8 nor another encoding that can be told for certain; save it as UTF-8")


def _not_empty(text: str, source: str) -> str:
    if not text.strip():
        raise ReadError(source, "the file is empty")
    return text


def _candidates(data: bytes, declared: str | None) -> list[str]:
    name = _known(declared)
    if name is None or name == "utf-8":
        return ["utf-8"]
    if name.startswith(("utf-16", "utf-32")) and b"\0" not in data:
        return ["utf-8"]  # whoever wrote the declaration into these bytes wrote no UTF-16
    # Prose in a single-byte encoding is practically never valid UTF-8, while wrong declarations are common.
    if name.startswith(("cp125", "iso8859", "mac-")):
        return ["utf-8", name]
    return [name, "utf-8"]


def _known(declared: str | None) -> str | None:
    if not declared:
        return None
    try:
        name = codecs.lookup(declared.strip(" \t\"'")).name
    except (LookupError, ValueError):  # ValueError: a name with a NUL in it
        return None
    return _MEANT.get(name, name) if _TEXT_ENCODING.match(name) else None


def _strict(data: bytes, encoding: str) -> str | None:
    """`data` in `encoding` if all of it is valid and reads as text."""
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError):
        return None
    return text if len(_CONTROLS.findall(text)) <= max(2, len(text) / 100) else None


def _detected(data: bytes) -> str | None:
    """`data` in the one encoding that stands out, by charset-normalizer's measures; None if none does."""
    from charset_normalizer import from_bytes

    matches = from_bytes(data)
    best = matches.best()
    if best is None or best.chaos > _CLEAN or best.coherence < _COHERENT:
        return None
    text = _strict(data, best.encoding)
    for rival in matches:
        near = rival.chaos <= best.chaos + _MARGIN and rival.coherence > best.coherence - _MARGIN
        if near and _strict(data, rival.encoding) != text:
            return None
    return text
