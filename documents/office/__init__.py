"""Office files and books. May import documents.pages and documents.core."""
