"""Jobs: many texts or a whole file, translated in the background and kept on disk.

May import `server.core` and `documents`; never Flask.
"""
