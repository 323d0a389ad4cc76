"""What a server packed for sending (RFC 9110, 8.4.1), unpacked within a limit."""

from __future__ import annotations

import zlib

from rag.errors import ReadError

_GZIP, _ZLIB, _RAW = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS
_PACKED = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}  # servers say deflate of either


def unpacked(data: bytes, encodings: str, most: int, source: str) -> bytes:
    """`data` before `encodings`, the header's value, were put on it, the last one last.

    Raises ReadError if that is more than `most` bytes, if it is damaged or cut off, or packed in an unknown way.
    """
    for name in reversed([name.strip().lower() for name in encodings.split(",")]):
        if name in ("", "identity") or data.lstrip()[:1] == b"<":
            continue  # crawlers that store pages unpacked leave the header as it was
        if name == "br":
            data = _brotli(data, most, source)
        elif name in _PACKED:
            data = _deflated(data, _PACKED[name], most, source)
        else:
            raise ReadError(source, f"packed as {name}, which is not read")
    return data


def _deflated(data: bytes, kinds: tuple[int, ...], most: int, source: str) -> bytes:
    reason = ""
    for bits in kinds:
        unpacker = zlib.decompressobj(wbits=bits)
        try:
            found = unpacker.decompress(data, most + 1)
        except zlib.error as error:
            reason = reason or str(error)
            continue
        return _checked(found, unpacker.eof, most, source)
    raise ReadError(source, f"cannot be unpacked: {reason}")


def _brotli(data: bytes, most: int, source: str) -> bytes:
    import brotli

    unpacker = brotli.Decompressor()
    try:
        found = unpacker.process(data, output_buffer_limit=most + 1)
    except brotli.error as error:
        raise ReadError(source, f"cannot be unpacked: {error}") from error
    return _checked(found, unpacker.is_finished(), most, source)


def _checked(found: bytes, ended: bool, most: int, source: str) -> bytes:
    if len(found) > most:
        raise ReadError(source, f"a page of more than {most >> 20} MB")
    if not ended:
        raise ReadError(source, "cannot be unpacked: it is cut off")
    return found
