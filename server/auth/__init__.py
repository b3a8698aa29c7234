"""API keys: who may use the server, and how much.

May import `server.core` and `server.metrics`; never Flask.
"""
