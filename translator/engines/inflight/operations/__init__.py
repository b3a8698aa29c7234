"""The parts of a decoder step that exist twice: in plain torch, and as Triton kernels.

The plain ones are the reference, which CPUs and unsupported cards run. They import `types`, the
state and the weights; kernels import these and triton, and nothing imports kernels but `choice`.
"""
