"""What went wrong with the files of an archive, in its own errors: the database's words, and what to do next."""

from __future__ import annotations

from pathlib import Path

from rag.errors import ArchiveError, ArchiveNotWritable

_SPACE = "Free some space; what was taken in so far is kept."
_PERMISSIONS = "Check the permissions of the archive folder."


def of_catalog(path: Path, error: Exception) -> ArchiveError:
    """What SQLite says of the catalog."""
    text = str(error)
    if "full" in text or "disk I/O" in text:
        return ArchiveNotWritable(f"{path}: {text}", hint=_SPACE)
    if "readonly" in text or "unable to open" in text:
        return ArchiveNotWritable(f"{path}: {text}", hint=_PERMISSIONS)
    if "malformed" in text or "not a database" in text:
        return ArchiveError(
            f"{path} is damaged: {text}", hint="Restore it from a backup, or ingest into a new archive."
        )
    return ArchiveError(f"{path}: {text}")


def of_vectors(folder: str, error: Exception) -> ArchiveError:
    """What Chroma or the system says of the vectors' folder."""
    text = str(error)
    if any(words in text.lower() for words in ("readonly", "read-only", "permission denied")):
        return ArchiveNotWritable(f"{folder}: {text}", hint=_PERMISSIONS)
    if any(words in text.lower() for words in ("disk is full", "no space left", "disk i/o")):
        return ArchiveNotWritable(f"{folder}: {text}", hint=_SPACE)
    return ArchiveError(
        f"{folder}: {text}", hint="The catalog is intact: `rag verify --repair` makes this folder anew."
    )
