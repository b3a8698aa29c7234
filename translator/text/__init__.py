"""Text before and after the model: segments, letter case, placeholders, terms, languages.

Imports `translator.models` and what that may import; no engine.
"""
