"""Glossaries that clients store: each belongs to an API key, and has a dictionary per pair.

May import `server.core`; never Flask.
"""
