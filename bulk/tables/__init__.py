"""`m2m-translate --table`: columns of large tables, a group of rows at a time.

`translation.py` is the pass over a table; the other modules read and write the formats. pyarrow is
imported only for the tables that need it.
"""
