"""Our own decoder: slots, caches allocated once, sentences that join and leave at every step."""
