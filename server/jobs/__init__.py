"""Long work: jobs of many texts or a whole file, kept on disk until they are fetched."""
