"""Serves a pool to fronts in other processes, over a Unix socket."""

import logging
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from gpu_pool.errors import PoolError
from gpu_pool.front_messages import (
    Abandon,
    Call,
    ErrorData,
    Failure,
    Reply,
    Results,
    Submit,
    ToFront,
    ToPool,
)
from gpu_pool.link import Link
from gpu_pool.messages import Segment
from gpu_pool.packing import Packed, pack_numbers, unpack_numbers
from gpu_pool.pool import GpuPool
from gpu_pool.request import Outcome, Request
from gpu_pool.status import PoolStatus

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 0.5  # after an error of the system, before the next attempt


class PoolServer:
    """Accepts fronts, in the pool's thread, until the pool is closed; then they wait."""

    def __init__(self, pool: GpuPool, listener: socket.socket) -> None:
        """`listener` is a listening Unix socket; it may outlive this process."""
        self._pool = pool
        self._listener = listener

    def start(self) -> None:
        """Start to accept."""
        self._listener.setblocking(False)
        self._pool.events.watch(self)

    def fileno(self) -> int:
        """Return the descriptor of the listener."""
        return self._listener.fileno()

    def read(self) -> None:
        """Accept the next front."""
        try:
            connected, _ = self._listener.accept()
        except BlockingIOError:
            return  # it has gone
        except OSError as error:  # such as no descriptor left; the front waits meanwhile
            self._pause(error)
            return
        try:
            _Front(self._pool, connected).start()
        except OSError as error:
            connected.close()
            self._pause(error)

    def _pause(self, error: OSError) -> None:
        _log.error("no front can be accepted: %s", error.strerror)
        self._pool.events.forget(self)
        later = threading.Timer(_PAUSE_SECONDS, self._pool.events.watch, (self,))
        later.daemon = True
        later.start()

    def end(self) -> None:
        """Do nothing: fronts that connect from now on wait for another pool."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """Outcomes of a session."""

    session: int
    outcomes: list[tuple[int, Outcome]]


class _Front:
    """A front that is connected; its requests are abandoned when it goes."""

    def __init__(self, pool: GpuPool, connected: socket.socket) -> None:
        self._pool = pool
        self._requests: dict[int, Request] = {}  # unfinished ones, by session
        self._link: Link[_Delivery | Failure | Reply, ToPool] = Link(
            connected, _pack, self._handle, self._abandon_all
        )

    def start(self) -> None:
        """Serve it."""
        self._link.start(self._pool.events)

    def deliver(self, session: int, outcomes: list[tuple[int, Outcome]]) -> None:
        """Send outcomes of a session; called by the dispatcher's thread."""
        self._link.send_later(_Delivery(session, outcomes))
        request = self._requests.get(session)
        if request is not None and not request.tokens:
            self._requests.pop(session, None)

    def fail(self, session: int, error: PoolError) -> None:
        """Send the error of a session."""
        self._requests.pop(session, None)
        self._link.send(Failure(session, None, ErrorData.of(error)))

    def _handle(self, message: ToPool) -> None:
        match message:
            case Submit():
                self._submit(message)
            case Abandon(session):
                request = self._requests.pop(session, None)
                if request is not None:
                    self._pool.abandon(request)
            case Call(method="drain" | "restart"):  # the pool's thread, which reads, does the work
                threading.Thread(target=self._answer, args=(message,), daemon=True).start()
            case Call():
                self._answer(message)

    def _submit(self, message: Submit) -> None:
        request = self._requests.get(message.session)
        if request is None:
            recipient = _Recipient(self, message.session)
            request = self._pool.make_request(
                recipient,
                message.timeout,
                message.client,
                bulk=message.bulk,
                model=message.model,
            )
            self._requests[message.session] = request
        tokens, memory = unpack_numbers(message.tokens), unpack_numbers(message.memory)
        segments = map(Segment, message.payloads.unpack(), tokens, memory)
        try:
            self._pool.accept(
                request,
                list(zip(unpack_numbers(message.keys), segments, strict=True)),
                first=message.first,
            )
        except PoolError as error:
            self.fail(message.session, error)

    def _answer(self, call: Call) -> None:
        value: PoolStatus | bool | None = None
        try:
            match call:
                case Call(method="status"):
                    value = self._pool.status()
                case Call(method="restart", argument=str(worker)):
                    self._pool.restart(worker)
                case Call(method="drain", argument=float(timeout)):
                    value = self._pool.drain(timeout)
                case Call(method="confirm"):
                    value = True
            self._link.send(Reply(call.number, value))
        except PoolError as error:
            self._link.send(Reply(call.number, ErrorData.of(error)))

    def _abandon_all(self) -> None:
        """Drop the work of a front that is gone."""
        while self._requests:
            _, request = self._requests.popitem()
            self._pool.abandon(request)


@dataclass(frozen=True, slots=True)
class _Recipient:
    """Receives the results of a session, for its front."""

    front: _Front
    session: int

    def deliver(self, outcomes: list[tuple[int, Outcome]]) -> None:
        self.front.deliver(self.session, outcomes)

    def fail(self, error: PoolError) -> None:
        self.front.fail(self.session, error)


def _pack(items: Sequence[_Delivery | Failure | Reply]) -> list[ToFront]:
    """Return messages for a front: results of all sessions in one, everything else by itself."""
    others: list[ToFront] = []
    sessions: list[int] = []
    counts: list[int] = []
    keys: list[int] = []
    payloads: list[bytes] = []
    for item in items:
        if not isinstance(item, _Delivery):
            others.append(item)
            continue
        before = len(keys)
        for key, outcome in item.outcomes:
            if not isinstance(outcome, bytes):
                others.append(Failure(item.session, key, ErrorData.of(outcome)))
            else:
                keys.append(key)
                payloads.append(outcome)
        sessions.append(item.session)
        counts.append(len(keys) - before)
    if not keys:
        return others
    results = Results(
        pack_numbers(sessions), pack_numbers(counts), pack_numbers(keys), Packed.of(payloads)
    )
    return [results, *others]
