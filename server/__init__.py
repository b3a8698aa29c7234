"""HTTP in front of the pool.

Layers, top first: commands, app, page and routes, http and openapi, services, schemas, auth,
glossaries and jobs, metrics, core.
"""
