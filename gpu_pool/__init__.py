"""Keeps every device of a node busy: discovery, scheduling, worker processes, supervision."""
