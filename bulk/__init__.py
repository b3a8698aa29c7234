"""Bulk translation of files: what `m2m-translate` is made of."""
