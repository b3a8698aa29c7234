"""`make bench-gpu`: all that wants a GPU, on a machine that has little more than torch."""
