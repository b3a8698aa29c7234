"""Checks of translations, and what is done about those that fail.

Imports `translator.engines` and `translator.text`, and what those may import.
"""
