"""Subtitles. May import documents.core."""
