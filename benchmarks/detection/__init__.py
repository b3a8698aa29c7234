"""Language detection: makes the n-gram model, fits the confidences, and measures both."""
