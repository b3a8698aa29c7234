"""The processes of a server with several fronts: an arbiter, and what it forks.

They import the applications and everything below; only `server.commands` imports them.
"""
