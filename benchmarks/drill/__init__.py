"""The parts of `python -m benchmarks.drill`: servers, proxy, clients, faults, report."""
