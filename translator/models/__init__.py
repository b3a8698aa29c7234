"""Checkpoints: where they come from, what their files hold, their tokenizer and languages.

Imports `translator.config` and `translator.errors`; nothing else of the package.
"""
