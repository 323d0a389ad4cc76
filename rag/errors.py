"""Everything that can go wrong on purpose, in one tree:

    RagError
    ├── SettingsError            a setting or option that cannot be used as given
    ├── ArchiveError             the archive folder
    │   ├── ArchiveLocked        another process is writing to it
    │   ├── ArchiveNotWritable   permissions, read-only file system, or a full disk
    │   ├── ArchiveMismatch      built by other settings or by a newer release
    │   └── ArticleNotFound      no such article id
    ├── ReadError                one file or URL that could not be read (goes into IngestReport.failed)
    │   └── ReaderDied           … whose reading ended the process that it was done in
    └── ModelError               models and what serves them
        ├── UnknownModel         no such pack or writer name
        ├── PackUnavailable      no source could deliver a pack (offline, gone)
        ├── HashMismatch         a delivered file is not the one that was promised
        ├── DiskFull             no room for a pack
        └── WriterFailed         a writer broke, timed out or could not be reached

An error says itself what would help (`hint`) and whether trying again as is makes sense (`retry`).
"""

from __future__ import annotations


class RagError(Exception):
    """Base of all errors that this project raises on purpose.

    `hint` is one sentence on what to do next; `retry` says whether the same call may succeed later.
    """

    hint: str = ""
    retry: bool = False

    def __init__(self, message: str, *, hint: str | None = None, retry: bool | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint
        if retry is not None:
            self.retry = retry

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n{self.hint}" if self.hint else message

    @property
    def message(self) -> str:
        """The error without its hint."""
        return super().__str__()


class SettingsError(RagError):
    """A setting, filter or option that cannot be used as given."""


class ArchiveError(RagError):
    """Something about the archive folder."""


class ArchiveLocked(ArchiveError):
    """Another process is writing to the archive. Reading goes on meanwhile."""

    hint = "Wait until it has finished, or stop it, and run the command again. Searching works meanwhile."
    retry = True


class ArchiveNotWritable(ArchiveError):
    """The archive cannot be written: permissions, a read-only file system, or no space left."""


class ArchiveMismatch(ArchiveError):
    """The archive was built with other settings, or by a newer release."""


class ArticleNotFound(ArchiveError):
    """No article with this id is in the archive."""

    hint = "`rag articles` lists the ids."


class ReadError(RagError):
    """One file or URL could not be read; the rest goes in. `path` names it, the message is the reason."""

    def __init__(self, path: str, reason: str, *, hint: str | None = None, retry: bool | None = None) -> None:
        super().__init__(reason, hint=hint, retry=retry)
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[type[ReadError], str], dict[str, object]]:
        """As pickle needs it, whose own way would call the class with the message alone."""
        return type(self).__new__, (type(self), self.message), self.__dict__


AGAIN = "it will be read again next time"


class ReaderDied(ReadError):
    """A file whose reading ended the process that it was done in, and that of a second try.

    `again`: it need not be the file's fault (memory was short), so it is read again next time, as the message says.
    Else it is read again when it has changed, or with a release that reads its format anew.
    """

    def __init__(self, path: str, reason: str, *, again: bool) -> None:
        super().__init__(path, f"{reason}; {AGAIN if again else 'please report this file'}")
        self.again = again


class ModelError(RagError):
    """Something about a model or what serves it."""


class UnknownModel(ModelError):
    """No pack or writer has this name."""

    hint = "`rag models list` shows the names."


class PackUnavailable(ModelError):
    """None of a pack's sources could deliver it."""

    retry = True


class HashMismatch(ModelError):
    """A delivered file does not have the SHA-256 that the pack promises; nothing of it was kept."""

    hint = "The source holds another file than it should. Nothing was kept; try another source or report it."


class DiskFull(ModelError):
    """There is not enough room for a pack."""


class WriterFailed(ModelError):
    """A writer broke, timed out or could not be reached."""

    retry = True
