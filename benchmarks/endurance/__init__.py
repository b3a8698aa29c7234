"""Clients that know their answers, while workers are killed: what `benchmarks.soak` is made of."""
