"""The tables of the jobs. They contain user texts."""

from server.database.interface import Schema

_TABLES = """
CREATE TABLE jobs (
    number {serial}, id TEXT NOT NULL UNIQUE, client TEXT NOT NULL, owner TEXT NOT NULL,
    status TEXT NOT NULL, spec TEXT NOT NULL, created {real} NOT NULL, started {real},
    finished {real}, error TEXT, texts BIGINT NOT NULL DEFAULT 0,
    texts_done BIGINT NOT NULL DEFAULT 0, texts_failed BIGINT NOT NULL DEFAULT 0,
    characters BIGINT NOT NULL DEFAULT 0, characters_done BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE files (  -- separate, since SQLite rewrites a row when a column changes
    job BIGINT PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, source {bytes}, result {bytes}
);
CREATE TABLE items (
    job BIGINT NOT NULL REFERENCES jobs ON DELETE CASCADE,
    position BIGINT NOT NULL, round BIGINT NOT NULL, member BIGINT NOT NULL,
    characters BIGINT NOT NULL, text TEXT, translation TEXT, note TEXT, PRIMARY KEY (job, position)
);
"""
# Not in the schema: servers that do not know it may use the file, too.
_ADDED = """
CREATE TABLE IF NOT EXISTS runs (  -- since when the jobs are processed, and what was done before
    job BIGINT PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    begun {real} NOT NULL, characters BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS notices (  -- about resulting documents
    job BIGINT PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, sentences TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (  -- items that belong to another one; no whole: sent beside it
    job BIGINT NOT NULL REFERENCES jobs ON DELETE CASCADE,
    position BIGINT NOT NULL, whole BIGINT, PRIMARY KEY (job, position)
);
CREATE TABLE IF NOT EXISTS leases (  -- who processes a job, and until when unless it says more
    job BIGINT PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    holder TEXT NOT NULL, until {real} NOT NULL
);
"""
_SIZE = """
SELECT coalesce((SELECT sum(coalesce(octet_length(source), 0) + coalesce(octet_length(result), 0))
    FROM files), 0) + coalesce((SELECT 4 * sum(characters) FROM jobs), 0) AS bytes
"""
_SEALED = frozenset({"spec", "source", "result", "content", "text", "translation", "note"})
JOBS = Schema("jobs", _TABLES, _ADDED, size=_SIZE, sealed=_SEALED)
