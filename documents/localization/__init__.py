"""Catalogues of messages of programs. May import documents.core."""
