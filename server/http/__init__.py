"""HTTP plumbing that knows no route: waitress, Flask, errors, headers, logs, event streams.

May import `server.auth`, `server.metrics`, `server.core`.
"""
