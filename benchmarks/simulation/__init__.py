"""A cluster of GPUs under a day of traffic, in virtual time."""
