"""Values of metrics that all processes of a server count together.

Each process has files of its own, mapped into its memory; a scrape adds them up. They have the
process's name ("front 0"), not its number: a process that replaces a dead one goes on counting
where that one stopped, so no counter falls, and the files do not become more.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from glob import escape, glob
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

_MEMORY = Path("/dev/shm")  # noqa: S108 - only the name of the folder is made up, by mkdtemp
_PREFIX = "m2m-server-"
_ABANDONED_SECONDS = 60.0  # a younger folder may be one that is just being made
_PARENT = "parent"  # the process that forks the others, and counts nothing


class SharedValues:
    """A folder of values. Made before the first metric, by the process that forks the others.

    There is one for the whole process: prometheus_client keeps the class of its values in a global.
    """

    def __init__(self) -> None:
        """Make the folder, in memory where that is possible. Raises OSError."""
        place = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
        _remove_abandoned(place)
        self.folder = tempfile.mkdtemp(prefix=_PREFIX, dir=place)
        self._lock = _lock(self.folder)  # also held by the processes to come
        self._process = _PARENT
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = self.folder  # read whenever a file is opened
        values.ValueClass = values.MultiProcessValue(  # type: ignore[no-untyped-call]
            lambda: self._process
        )

    def enter(self, process: str) -> None:
        """Count as the process of this name from now on; one that had it before must have ended."""
        # Nothing is in progress in it any more.
        mark_process_dead(process, self.folder)  # type: ignore[no-untyped-call]
        self._process = process

    def collect_into(self, registry: CollectorRegistry) -> None:
        """Let a registry expose the sums over all processes."""
        MultiProcessCollector(registry, self.folder)  # type: ignore[no-untyped-call]

    def collected(self) -> Iterable[Metric]:
        """Return all counters, summed over all processes."""
        files = glob(f"{escape(self.folder)}/counter_*.db")
        found: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return found

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def _remove_abandoned(place: Path) -> None:
    """Remove the folders of servers that were killed."""
    for folder in place.glob(f"{_PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime < _ABANDONED_SECONDS:
                continue
            lock = _lock(str(folder))
        except OSError:  # it is in use, another user's, or somebody else has removed it
            continue
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _lock(folder: str) -> int:
    """Return a descriptor that holds a folder's lock. Raises OSError where somebody else does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
