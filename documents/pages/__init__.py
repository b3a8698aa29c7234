"""Texts to read: HTML, XML, Markdown, plain text. May import documents.core."""
