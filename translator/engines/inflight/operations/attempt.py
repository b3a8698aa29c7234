"""Tries kernels where a kernel that ends the process must not end every later one, too."""

import logging
import os
import socket
from contextlib import suppress
from pathlib import Path

from translator.engines.inflight.operations.candidates import CANDIDATES, TORCH
from translator.engines.inflight.operations.choice import Choice, choose
from translator.engines.inflight.operations.table import PLAIN_TABLE
from translator.engines.inflight.operations.trial import Model
from translator.engines.inflight.state import Shape

_log = logging.getLogger(__name__)
_FOLDER = "kernels"


def try_kernels(model: Model, largest: Shape, device: str, cache: Path) -> Choice:
    """Choose the operations of a device; compiled kernels are kept in `cache`.

    A kernel with a fault can make the device unusable for its process. Then a file is left behind,
    and the next start uses no kernels. The start after that one tries again.
    """
    os.environ.setdefault("TRITON_CACHE_DIR", str(cache / "triton"))
    mark = cache / _FOLDER / f"{socket.gethostname()}-{device}.trying"
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        if mark.exists():
            mark.unlink()
            return _without_kernels(device)
        mark.touch()
    except OSError as error:  # kernels cannot be compiled either, unless they are elsewhere
        _log.warning("%s: %s cannot be written: %s", device, mark.parent, error)
    choice = choose(model, largest)
    with suppress(OSError):  # it could not be made
        mark.unlink()
    return choice


def _without_kernels(device: str) -> Choice:
    why = "the last process ended while kernels were tried"
    _log.warning("%s: %s, so this one uses none; the next one tries again", device, why)
    return Choice(PLAIN_TABLE, {each.operation: f"{TORCH} ({why})" for each in CANDIDATES})
