"""`m2m-translate --ray`: tables on the nodes of a Ray cluster that is running.

`translation.py` is the run, which reads and writes the tables where the command runs; `dataset.py`
is what Ray Data executes. Only this package imports ray, and only when it is used.
"""
