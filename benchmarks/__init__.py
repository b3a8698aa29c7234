"""Benchmarks: ratios against a peer in the same run, as a table and one JSON line."""
