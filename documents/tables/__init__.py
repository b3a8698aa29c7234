"""Tables: rows and columns of texts and data. May import documents.core."""
