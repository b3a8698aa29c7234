"""Requests → segments → answers, settings and errors: what the server and `m2m-translate` share.

May import `translator`, `documents` and `gpu_pool`; never Flask, nor anything else of the server.
"""
