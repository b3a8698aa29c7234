"""`m2m-translate`: files and documents, on the devices of this machine or on a server.

May import `server.core`, `documents`, `gpu_pool` and `translator`; never Flask.
"""
