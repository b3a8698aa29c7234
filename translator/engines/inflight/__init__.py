"""Our own decoder: slots, preallocated caches, sentences that join and leave at every step.

Imports the other modules of `translator.engines`, and what those may import.
"""
