"""HTTP in front of the pool: validation, configuration, the API, the command line."""
