"""Text beyond Tatoeba: a table of sources, and how to make sentence pairs from Debian packages.

`python -m training.sources FOLDER` writes a folder of `<name>.en-<language>.tsv.gz` files;
a folder prepared elsewhere has the same layout.
"""

from training.sources.table import DOMAINS, Source, held_out_documents, read_table

__all__ = ["DOMAINS", "Source", "held_out_documents", "read_table"]
