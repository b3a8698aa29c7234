"""Runs one translator process per device: scheduling, supervision, monitoring.
Imports nothing of ours (translator, documents, server, bulk), no torch, transformers or Flask."""
