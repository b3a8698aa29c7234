"""The tables of the jobs. They contain user texts."""

from server.core.database import Schema

_TABLES = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, client TEXT NOT NULL, owner TEXT NOT NULL,
    status TEXT NOT NULL, spec TEXT NOT NULL, created REAL NOT NULL, started REAL, finished REAL,
    error TEXT, texts INTEGER NOT NULL DEFAULT 0, texts_done INTEGER NOT NULL DEFAULT 0,
    texts_failed INTEGER NOT NULL DEFAULT 0, characters INTEGER NOT NULL DEFAULT 0,
    characters_done INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE files (  -- separate, since SQLite rewrites a row when a column changes
    job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, source BLOB, result BLOB
);
CREATE TABLE items (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    position INTEGER NOT NULL, round INTEGER NOT NULL, member INTEGER NOT NULL,
    characters INTEGER NOT NULL, text TEXT, translation TEXT, note TEXT, PRIMARY KEY (job, position)
);
"""
# Not in the schema: servers that do not know it may use the file, too.
_ADDED = """
CREATE TABLE IF NOT EXISTS runs (  -- since when the jobs are processed, and what was done before
    job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    begun REAL NOT NULL, characters INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS notices (  -- about resulting documents
    job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, sentences TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (  -- items that belong to another one; no whole: sent beside it
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    position INTEGER NOT NULL, whole INTEGER, PRIMARY KEY (job, position)
);
"""
JOBS = Schema("jobs", 1, _TABLES, _ADDED)
