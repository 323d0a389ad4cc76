"""The catalog's schema, as a list of migrations: entry n brings a catalog from version n to n + 1.

Released entries are never edited; a change is a new entry at the end. `PRAGMA user_version` holds the version.

The full-text index is external to the text: `passage_text` computes each passage from its article, so that no text is
stored twice but where what is searched is less than what is shown. Entries are taken out of the index with the values
that they went in with: those are stored, and not made by a rule that another release may have changed.
"""

from __future__ import annotations

import sqlite3

from rag.errors import ArchiveMismatch

MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    CREATE TABLE articles (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        text TEXT NOT NULL,
        source TEXT NOT NULL,
        title TEXT, outlet TEXT, byline TEXT, published TEXT, updated TEXT,
        url TEXT, section TEXT, language TEXT, kind TEXT,
        published_day TEXT
    );
    CREATE INDEX articles_by_day ON articles (published_day);

    -- Values that a search can be limited to, case-folded; one row for each author of a byline.
    CREATE TABLE facets (
        field TEXT NOT NULL, value TEXT NOT NULL, article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
        PRIMARY KEY (field, value, article)
    ) WITHOUT ROWID;
    CREATE INDEX facets_by_article ON facets (article);

    CREATE TABLE versions (
        article_id TEXT NOT NULL, version INTEGER NOT NULL, content_hash TEXT NOT NULL,
        record TEXT NOT NULL, replaced_at TEXT NOT NULL,
        PRIMARY KEY (article_id, version)
    ) WITHOUT ROWID;

    -- What each place last said, so that two places with one article do not overwrite each other for ever.
    CREATE TABLE sources (
        source TEXT PRIMARY KEY, file TEXT NOT NULL, article_id TEXT NOT NULL, content_hash TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX sources_by_file ON sources (file);
    CREATE INDEX sources_by_article ON sources (article_id);

    -- Files read to their end, and the fingerprint they had: bytes, reader and the settings it depends on.
    CREATE TABLE files (file TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, failures TEXT NOT NULL) WITHOUT ROWID;

    CREATE TABLE passages (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        article INTEGER NOT NULL REFERENCES articles (n),
        start INTEGER NOT NULL, end INTEGER NOT NULL,
        sentences TEXT NOT NULL,
        embedded INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX passages_by_article ON passages (article);
    CREATE INDEX passages_pending ON passages (n) WHERE embedded = 0;

    CREATE VIEW passage_text AS
        SELECT p.n AS n, p.article AS article, coalesce(a.title, '') AS title,
               substr(a.text, p.start + 1, p.end - p.start) AS body
        FROM passages p JOIN articles a ON a.n = p.article;
    CREATE VIRTUAL TABLE passage_index USING fts5 (
        title, body, content = 'passage_text', content_rowid = 'n',
        tokenize = "porter unicode61 remove_diacritics 2"
    );

    -- Vectors whose passages are gone but which may still be among the vectors.
    CREATE TABLE doomed_vectors (id TEXT PRIMARY KEY) WITHOUT ROWID;
    """,
    # Stories. Articles with compared = 0 are due to be compared with the others: at first all of them.
    """
    ALTER TABLE articles ADD COLUMN compared INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX articles_to_compare ON articles (n) WHERE compared = 0;

    -- MinHash of an article's text, and the buckets that it falls into: see rag/stories.py.
    CREATE TABLE story_signatures (
        article INTEGER PRIMARY KEY REFERENCES articles (n) ON DELETE CASCADE, signature BLOB NOT NULL
    );
    CREATE TABLE story_bands (
        band INTEGER NOT NULL, article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
        PRIMARY KEY (band, article)
    ) WITHOUT ROWID;
    CREATE INDEX story_bands_by_article ON story_bands (article);

    -- Near-copies, each pair both ways round. A story is what pairs connect.
    CREATE TABLE story_pairs (
        article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
        other INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
        PRIMARY KEY (article, other)
    ) WITHOUT ROWID;
    CREATE INDEX story_pairs_by_other ON story_pairs (other);
    """,
    # What ranking compares of a passage: see rag/store/features.py. Passages of before are embedded anew for it.
    """
    CREATE TABLE passage_features (
        passage INTEGER PRIMARY KEY REFERENCES passages (n) ON DELETE CASCADE,
        words BLOB NOT NULL, counts BLOB NOT NULL, vectors BLOB NOT NULL
    );
    ALTER TABLE doomed_vectors ADD COLUMN n INTEGER;
    UPDATE passages SET embedded = 0;
    """,
    # Addresses and what is read again: see rag/store/pages.py and rag/store/places.py.
    """
    CREATE TABLE pages (
        address TEXT PRIMARY KEY, etag TEXT, modified TEXT, changed TEXT, basis TEXT NOT NULL, listed TEXT
    ) WITHOUT ROWID;
    CREATE TABLE places (
        place TEXT PRIMARY KEY, given TEXT NOT NULL, read TEXT, outcome TEXT, failure TEXT
    ) WITHOUT ROWID;
    """,
    # What is searched of a passage, where credits and the like stand between its sentences: NULL where it is all of it.
    """
    ALTER TABLE passages ADD COLUMN searched TEXT;
    DROP VIEW passage_text;
    CREATE VIEW passage_text AS
        SELECT p.n AS n, p.article AS article, coalesce(a.title, '') AS title,
               coalesce(p.searched, substr(a.text, p.start + 1, p.end - p.start)) AS body
        FROM passages p JOIN articles a ON a.n = p.article;
    """,
    # Corrections and retractions: see rag/store/notes.py. They belong to an article's id, whatever its version; those
    # with by_hand = 0 stand in the text and are found anew in each version. Articles with noted = 0 are due for it.
    """
    ALTER TABLE articles ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX articles_to_note ON articles (n) WHERE noted = 0;
    CREATE TABLE notes (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        article_id TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
        by_article TEXT, by_hand INTEGER NOT NULL, time TEXT NOT NULL, void TEXT
    );
    CREATE INDEX notes_by_article ON notes (article_id);
    CREATE INDEX notes_of_retractions ON notes (article_id) WHERE kind = 'retraction' AND void IS NULL;
    """,
    # Article.pages and Article.times, as JSON; NULL where there are none.
    """
    ALTER TABLE articles ADD COLUMN pages TEXT;
    ALTER TABLE articles ADD COLUMN times TEXT;
    """,
    # The headlines, case-folded, of which an article says that it corrects them: see rag/store/notes.py. All articles
    # are looked through anew.
    """
    CREATE TABLE corrected_headlines (
        headline TEXT NOT NULL, article INTEGER NOT NULL REFERENCES articles (n) ON DELETE CASCADE,
        PRIMARY KEY (headline, article)
    ) WITHOUT ROWID;
    CREATE INDEX corrected_headlines_by_article ON corrected_headlines (article);
    CREATE INDEX articles_by_title ON articles (title COLLATE NOCASE);
    CREATE INDEX notes_by_correction ON notes (by_article) WHERE by_article IS NOT NULL;
    UPDATE articles SET noted = 0;
    """,
    # Article.correction, as JSON; NULL where there is none.
    """
    ALTER TABLE articles ADD COLUMN correction TEXT;
    """,
    # Articles that were removed and stay out, and where in a file they were met since: see rag/store/removed.py. No
    # foreign key: a salvage leaves the files behind, and what belongs to them then counts for nothing.
    """
    CREATE TABLE removed (article_id TEXT PRIMARY KEY, day TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE left_out (file TEXT NOT NULL, place TEXT NOT NULL, article_id TEXT NOT NULL);
    CREATE INDEX left_out_by_file ON left_out (file);
    CREATE TRIGGER left_out_of_forgotten AFTER DELETE ON files BEGIN
        DELETE FROM left_out WHERE file = old.file;
    END;
    """,
    # Notes are recognised in more languages than English: all articles are looked through anew.
    """
    UPDATE articles SET noted = 0;
    """,
)


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Bring the catalog up to date, one transaction a step. Raises ArchiveMismatch if it is from a newer release."""
    while (version := connection.execute("PRAGMA user_version").fetchone()[0]) != len(MIGRATIONS):
        if version > len(MIGRATIONS):
            raise ArchiveMismatch(
                f"{path} has schema {version}, this release knows {len(MIGRATIONS)}",
                hint="It was written by a newer release: update this one.",
            )
        # Another process may migrate at the same moment: look again inside the transaction.
        connection.executescript("BEGIN EXCLUSIVE")
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] == version:
                for statement in _statements(MIGRATIONS[version]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _statements(script: str) -> list[str]:
    # executescript() would commit by itself, statement by statement.
    statements, current = [], ""
    for line in script.splitlines():
        current += line + "\n"
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    return statements
