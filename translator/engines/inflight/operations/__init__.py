"""The parts of a decoder step that exist twice: in plain torch, and as Triton kernels.

`X.py` is the reference, which CPUs and unsupported cards run; `X_triton.py` is its kernel. A file
imports `types`, the state and the weights; only files named `*_triton` import triton.
"""
