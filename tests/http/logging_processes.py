"""Processes that log to the same stderr as fast as they can; `test_logs.py` runs this module.

Each has a letter, which all its messages consist of. Every second record has a traceback, which
ends with the letter. All is longer than what is logged of it.
"""

import logging
import os
import sys

from server.http.logs import configure_logging

PROCESSES = 4
RECORDS = 200  # of each process
_LONG = 5_000  # characters


def _log(letter: str) -> None:
    log = logging.getLogger("server")
    for i in range(RECORDS):
        if i % 2:
            try:
                _fail(letter, 50)
            except ValueError:
                log.exception(letter * _LONG)
        else:
            log.info(letter * _LONG)


def _fail(letter: str, depth: int) -> None:
    if depth == 0:
        raise ValueError(letter)
    if depth % 2:  # or Python would leave out the repetition
        _fail(letter, depth - 1)
    else:
        _fail(letter, depth - 1)


def main(form: str) -> None:
    """Log from all processes at once; return when they have ended."""
    configure_logging("info", form)
    children = []
    for letter in "abcdefgh"[:PROCESSES]:
        pid = os.fork()
        if pid == 0:
            _log(letter)
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(sys.argv[1])
