"""The OpenAPI 3.1 document of the API, generated from the types in `server.schemas`.

May import `server.schemas`, `server.core` and the errors of `gpu_pool`; never Flask.
"""
