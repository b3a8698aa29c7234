"""How far a run over tables is, how fast, and what it costs."""

import time
from collections.abc import Callable
from typing import Any

from bulk.backend import Devices

_SECONDS_PER_HOUR = 3_600.0
_MILLION = 1_000_000


class Progress:
    """Speed and cost since it was made, when the devices were ready.

    Only texts that were translated in this time count: none that is found in the store. The speed
    is in source tokens, or in characters where a server translates, which counts the tokens of all.
    """

    def __init__(
        self,
        devices: Devices,
        price_per_hour: float | None,
        what: str = "distinct texts",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`price_per_hour` is that of one device, in any currency; `what` is counted by `add`.

        Raises like `devices`.
        """
        self._devices = devices
        count = 0 if price_per_hour is None else devices.count_devices()
        self._price = None if price_per_hour is None else price_per_hour * count
        self._what = what
        self._clock = clock
        self._start = clock()
        self._first_token = devices.count_tokens()
        self.rows, self.texts, self.characters = 0, 0, 0

    def add(self, texts: int, characters: int) -> None:
        """Count texts that have been translated, and the characters of them all."""
        self.texts += texts
        self.characters += characters

    def show(self, bar: Any, rows: int) -> None:
        """Advance the bar of a table by rows."""
        self.rows += rows
        if not bar.disable:
            bar.set_postfix_str(self.figures(), refresh=False)
        bar.update(rows)

    def figures(self) -> str:
        """Return speed and cost; "" if nothing has been translated."""
        seconds = self._clock() - self._start
        if not self.characters or seconds <= 0:
            return ""
        tokens = self._devices.count_tokens()
        if tokens is None or self._first_token is None:
            count, unit = self.characters, "characters"
        else:
            count, unit = tokens - self._first_token, "tokens"
        figures = f"{count / seconds:,.0f} {unit}/s"
        if self._price is not None:
            cost = self._price * seconds / _SECONDS_PER_HOUR * _MILLION / self.characters
            figures += f", {cost:,.2f}" if cost >= 1 else f", {cost:.4f}"
            figures += " per million characters"
        return figures

    def summary(self) -> str:
        """Return what has been done, for the end of the run; "" if it is nothing."""
        if not self.rows:
            return ""
        done = f"{self.rows:,} rows, {self.texts:,} {self._what} translated"
        return ", ".join(filter(None, (done, self.figures())))
