"""Memory that was freed, but that the C library keeps."""

import ctypes


def release_free_memory() -> None:
    """Give free memory back to the system, where the C library can (glibc).

    Matrices in fp32 and their int8 copies alternate while a model is quantised. What is freed lies
    between what is kept, so glibc keeps it all: twice the size of the model.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
