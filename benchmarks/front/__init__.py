"""`python -m benchmarks.front`: what a request costs, without a device.

Workers answer at once with the ids of the source in reverse order; everything before and after them
is real: HTTP, all text work with the bundled tokenizer, the pool and its processes.
"""
