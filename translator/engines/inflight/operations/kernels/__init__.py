"""Triton kernels of the operations; the only place that imports triton.

Each file has the name of its reference in plain torch, one folder up.
"""
