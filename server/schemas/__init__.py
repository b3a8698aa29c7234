"""The types of requests and answers. `server.openapi` generates the schemas from them.

May import `server.core` and the plain types of `gpu_pool`; never Flask.
"""
