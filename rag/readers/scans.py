"""Text recognition of scanned pages, by the program Tesseract where it is installed; pages are drawn by PDFium.

All languages that are installed for Tesseract are tried at once (on Debian, each is a package `tesseract-ocr-…`).
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

PROGRAM = "tesseract"
_DOTS = 300  # an inch, which is what Tesseract was trained on
_LONGEST = 4000  # pixels a side; A4 at 300 dots an inch has 3,508
_PATIENCE = 600  # seconds a page, of which it may get a quarter of a core
_NO_LANGUAGE = ("osd", "equ")  # orientation and formulas
_PDFIUM = Lock()  # PDFium is not made for several threads


class NotRecognised(Exception):
    """Tesseract or PDFium could not do it; the message says why."""


def installed() -> bool:
    """Whether Tesseract is there."""
    return shutil.which(PROGRAM) is not None


def recognised(pdf: bytes, pages: Iterable[int]) -> dict[int, str]:
    """The text on some pages of a PDF, by their number from 0; "" where none is found. Raises NotRecognised."""
    import pypdfium2

    texts = {}
    try:
        with _PDFIUM:
            document = pypdfium2.PdfDocument(pdf)
            try:
                for number in pages:
                    texts[number] = _read(_drawn(document, number))
            finally:
                document.close()
    except pypdfium2.PdfiumError as error:
        raise NotRecognised(f"the pages cannot be drawn: {error}") from error
    return texts


def _drawn(document: PdfDocument, number: int) -> bytes:
    """A page as a grey picture in PGM, which is a line of text and the pixels."""
    page = document[number]
    scale = min(_DOTS / 72, _LONGEST / max(1.0, *page.get_size()))
    pixels = page.render(scale=scale, grayscale=True).to_numpy()
    height, width = pixels.shape[:2]
    picture: bytes = b"P5 %d %d 255\n" % (width, height) + pixels.tobytes()
    return picture


def _read(picture: bytes) -> str:
    return _run([PROGRAM, "-", "-", "-l", "+".join(_languages())], picture)


@cache
def _languages() -> tuple[str, ...]:
    listed = [line.strip() for line in _run([PROGRAM, "--list-langs"], b"").splitlines()[1:]]
    languages = tuple(name for name in listed if name and "/" not in name and name not in _NO_LANGUAGE)
    if not languages:
        raise NotRecognised("Tesseract has no language installed")
    return languages


def _run(command: list[str], given: bytes) -> str:
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=_PATIENCE, check=True)
    except subprocess.TimeoutExpired as error:
        raise NotRecognised(f"Tesseract took more than {_PATIENCE} seconds for a page") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotRecognised(f"Tesseract failed: {said[-1] if said else f'exit code {error.returncode}'}") from error
    except OSError as error:
        raise NotRecognised(f"Tesseract cannot be started: {error.strerror or error}") from error
    return done.stdout.decode("utf-8", "replace")
