"""What the formats share: texts in sentences with markup, rounds, encodings, options."""
