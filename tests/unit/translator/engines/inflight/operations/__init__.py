"""Each operation of a step, and the choice among its implementations."""
