"""The command line: `m2m-server serve`, `fetch` and `key`, and `m2m-server-health`.

May import everything; nothing imports it.
"""
