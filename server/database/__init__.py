"""Where the server keeps what outlives it: an SQLite file, or PostgreSQL for several servers.
Imports nothing of ours."""
