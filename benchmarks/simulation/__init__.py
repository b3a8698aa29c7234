"""Discrete-event simulation of a GPU cluster and its scheduling policies."""
