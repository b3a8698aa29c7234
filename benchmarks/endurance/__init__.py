"""The parts of `benchmarks.soak`: clients, fault injection, and the check of translations."""
