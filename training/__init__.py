"""Trains, exports and evaluates the bundled five-language M2M100 checkpoint."""
