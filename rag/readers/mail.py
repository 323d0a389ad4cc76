"""E-mails (.eml): the message is an article, and so is what each readable attachment holds.

Subject, sender and date are title, byline and publication. Of a message in plain text and HTML the plain text counts.
Attachments are `source#1`, `source#2`, …; one of a format that no reader takes is reported, except pictures, sounds,
signatures and what is shown within the message. An attachment without a title has its file name.
"""

from __future__ import annotations

import email
import email.policy
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path, PurePosixPath

from rag import readers
from rag.errors import ReadError
from rag.readers import limits
from rag.readers.base import Context, make_article, one_line, read_bytes
from rag.readers.decoding import decode
from rag.readers.markup import html_to_text
from rag.readers.packed import damage
from rag.types import Article

FORMAT = "e-mail"
VERSION = 3
CONTAINER = True
SUFFIXES = (".eml",)
MEDIA_TYPES = ("message/rfc822",)

DEEPEST = 4  # messages within messages
MOST_ATTACHMENTS = 200
_HEADERS = ("From", "Date", "Subject", "Message-ID", "Received")
_MESSAGE = "message/rfc822"
_MAILBOXES = (".mbox", ".mbx")  # one in a message could go on for ever
_NOT_READ = ("image", "audio", "video", "font")
_NOT_MEANT = (
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "text/calendar",
)


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """The message's article and those of its attachments. Raises ReadError if it is no e-mail or has no words."""
    yield from articles(read_bytes(path, source), source, context)


def articles(data: bytes, source: str, context: Context, depth: int = 0) -> Iterator[Article | ReadError]:
    """The same of a message's bytes; `source` names the message, `source#n` its attachments."""
    if depth > DEEPEST:
        raise ReadError(source, f"messages within messages, more than {DEEPEST} deep")
    head = next((at for at in map(data.find, (b"\n\n", b"\n\r\n")) if at >= 0), len(data))
    limits.bounded(source, head, limits.HEADERS, "its headers are ")
    with damage(source, FORMAT):
        message = email.message_from_bytes(data, policy=email.policy.default)
        if not isinstance(message, EmailMessage) or not any(name in message for name in _HEADERS):
            raise ReadError(source, "not an e-mail: it has no sender, date or subject")
        text = _text(message, source, context.usual)
        attached = list(_attachments(message))
        known = {
            "title": _header(message, "Subject"),
            "byline": _sender(message),
            "published": _date(message),
            "url": (_header(message, "Archived-At") or "").strip("<>"),
            "language": _header(message, "Content-Language"),
            "guid": _header(message, "Message-ID"),
        }
    if any(character.isalnum() for character in text):
        yield make_article(source=source, text=text, context=context, **known)
    elif not attached:
        raise ReadError(source, "no text in it")
    for number, part in enumerate(attached[:MOST_ATTACHMENTS], 1):
        yield from _attachment(part, f"{source}#{number}", context, depth)
    if len(attached) > MOST_ATTACHMENTS:
        place = f"{source}#{MOST_ATTACHMENTS + 1}"
        yield ReadError(place, f"more than {MOST_ATTACHMENTS} attachments; the rest is left out")


def _header(message: EmailMessage, name: str) -> str | None:
    return one_line(str(message[name])) if name in message else None


def _sender(message: EmailMessage) -> str | None:
    """The name of who sent it; the address where there is no name."""
    people = getattr(message["From"], "addresses", ())
    return "; ".join(person.display_name or person.addr_spec for person in people) or None


def _date(message: EmailMessage) -> str | None:
    # As it was sent: the library makes Greenwich time of zones that it does not know.
    sent = next((str(value) for name, value in message.raw_items() if name.lower() == "date"), "")
    # A remark such as "(CEST)" may follow; -0000 is Greenwich time, from a clock whose own zone is not told.
    return re.sub(r"\s*\([^()]*\)", "", one_line(sent) or "").replace("-0000", "+0000") or None


def _text(message: EmailMessage, source: str, usual: str | None) -> str:
    """The message's own words, "" if it has none."""
    for kind in ("plain", "html"):
        part = message.get_body(preferencelist=(kind,))
        content = _content(part, source, usual) if isinstance(part, EmailMessage) else ""
        text = html_to_text(content) if kind == "html" else content
        if part is not None and kind == "plain" and part.get_param("format") == "flowed":
            text = _unwrapped(text, part.get_param("delsp") == "yes")
        if text.strip():
            return text
    return ""


def _content(part: EmailMessage, source: str, usual: str | None) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or not data.strip():
        return ""
    return decode(data, source, part.get_content_charset(), usual)


def _unwrapped(text: str, joined: bool) -> str:
    """Text that was wrapped for sending (RFC 3676) with its paragraphs on one line again."""
    lines: list[str] = []
    flows = False
    for line in text.replace("\r\n", "\n").split("\n"):
        line = line.removeprefix(" ")
        lines[len(lines) - flows :] = [lines[-1] + line if flows else line]
        flows = line.endswith(" ") and line != "-- " and not line.startswith(">")
        if flows and joined:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _attachments(message: EmailMessage) -> Iterator[EmailMessage]:
    """What was sent along: messages, and files that have a name or are marked as attached."""
    bodies = [message.get_body(preferencelist=(kind,)) for kind in ("plain", "html")]
    for part in _leaves(message):
        kind = part.get_content_type()
        if kind == _MESSAGE:
            yield part
        elif any(part is body for body in bodies) or kind in _NOT_MEANT or part.get_content_maintype() in _NOT_READ:
            continue
        elif part.get_content_disposition() == "attachment" or part.get_filename():
            yield part


def _leaves(part: EmailMessage) -> Iterator[EmailMessage]:
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        for inner in part.iter_parts():
            if isinstance(inner, EmailMessage):
                yield from _leaves(inner)
    else:
        yield part


def _attachment(part: EmailMessage, place: str, context: Context, depth: int) -> Iterator[Article | ReadError]:
    try:
        with damage(place, "attachment"):
            name = one_line(part.get_filename() or "")
            kind = part.get_content_type()
            data = part.get_content().as_bytes() if kind == _MESSAGE else part.get_payload(decode=True)
            assert isinstance(data, bytes)
            suffix = PurePosixPath((name or "").replace("\\", "/")).suffix.lower()
        if kind == _MESSAGE or suffix in SUFFIXES:
            yield from articles(data, place, context, depth + 1)
        elif any(suffix in reader.SUFFIXES for reader in readers.discovered().values()) and suffix not in _MAILBOXES:
            yield from _file(data, suffix, name, place, replace(context, encoding=part.get_content_charset()))
        else:
            yield ReadError(place, f"no reader for the attachment {name or 'without a name'} ({kind})")
    except ReadError as error:
        yield error


def _file(data: bytes, suffix: str, name: str | None, place: str, context: Context) -> Iterator[Article | ReadError]:
    with tempfile.TemporaryDirectory(prefix="newsroom-rag-") as folder:
        path = Path(folder) / f"attachment{suffix}"
        path.write_bytes(data)
        for item in readers.read(readers.Source(place, path), context):
            yield replace(item, title=name) if isinstance(item, Article) and item.title is None else item
