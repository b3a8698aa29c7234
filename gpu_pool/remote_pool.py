"""RemotePool: the pool of another process, as a front sees it."""

import itertools
import queue
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice

from gpu_pool.errors import UnavailableError
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
from gpu_pool.request import Outcome
from gpu_pool.session import Mailbox
from gpu_pool.status import PoolStatus

_CALL_SECONDS = 5.0
_AWAY = "the pool is restarting"
_SILENT = "the pool does not respond"


class RemotePool:
    """Connects to a PoolServer, and again when that has been replaced. Threads may share it."""

    def __init__(self, address: str) -> None:
        """`address` is the path of a Unix socket on which somebody listens all the time.

        While no pool accepts, connections queue there. Connects to nothing yet, so that processes
        may be forked with it.
        """
        self._address = address
        self._numbers = itertools.count()
        self._mailboxes: dict[int, Mailbox] = {}  # of open sessions
        self._calls: dict[int, queue.SimpleQueue[PoolStatus | bool | ErrorData | None]] = {}
        self._closing = False
        self._link: Link[ToPool, ToFront] | None = None  # None: no connection
        self._connecting = threading.Lock()

    def start(self) -> None:
        """Connect. Where that is impossible, it is tried again when the pool is needed."""
        with suppress(UnavailableError):
            self._connect()

    def open(
        self,
        timeout: float | None = None,
        client: str = "",
        *,
        bulk: bool = False,
        model: str | None = None,
    ) -> "RemoteSession":
        """Return a session for the work of one request; see `GpuPool.open`."""
        return RemoteSession(self, next(self._numbers), timeout, client, bulk=bulk, model=model)

    def status(self) -> PoolStatus:
        """Return the state of the pool. Raises UnavailableError if it does not respond."""
        status = self._call("status", None, _CALL_SECONDS)
        assert isinstance(status, PoolStatus), "the reply to `status`"
        return status

    def restart(self, worker: str) -> None:
        """See `GpuPool.restart`."""
        self._call("restart", worker, _CALL_SECONDS)

    def drain(self, timeout: float) -> bool:
        """See `GpuPool.drain`."""
        return bool(self._call("drain", float(timeout), timeout + _CALL_SECONDS))

    def close(self) -> None:
        """Fail the sessions that are open, and disconnect. The pool itself goes on."""
        self._closing = True
        self._fail_all()
        if self._link is not None:
            self._link.close()

    def confirm(self) -> None:
        """Return once the pool has seen all that was sent; refusals have arrived by then."""
        self._call("confirm", None, _CALL_SECONDS)

    def send(self, message: ToPool) -> None:
        """Send a message; it is lost if the pool is away, and then all sessions fail.

        Raises UnavailableError if it cannot be reached at all.
        """
        (self._link or self._connect()).send(message)

    def abandon(self, session: int) -> None:
        """Drop what is unfinished of a session; without a connection there is nothing."""
        if self._link is not None:
            self._link.send(Abandon(session))

    def register(self, session: int, mailbox: Mailbox) -> None:
        """Deliver results of a session to a mailbox."""
        if self._closing:
            raise UnavailableError("the server is shutting down")
        self._mailboxes[session] = mailbox

    def is_open(self, session: int) -> bool:
        """Return False once a session has failed."""
        return session in self._mailboxes

    def unregister(self, session: int) -> None:
        """Drop results of a session from now on."""
        self._mailboxes.pop(session, None)

    def _connect(self) -> Link[ToPool, ToFront]:
        """Return the connection. Raises UnavailableError where there can be none."""
        with self._connecting:
            if self._link is None:
                connected = socket.socket(socket.AF_UNIX)
                try:
                    connected.connect(self._address)
                    self._link = Link(connected, list, self._receive, self._on_loss)
                except OSError as error:  # such as no descriptor left
                    connected.close()
                    raise UnavailableError(
                        f"the pool cannot be reached: {error.strerror}"
                    ) from error
                self._link.start()
            return self._link

    def _on_loss(self) -> None:
        """Replace a lost connection; called by the thread that reads it."""
        self._link = None  # first: what is sent from now on is not lost
        self._fail_all()
        if not self._closing:
            self.start()

    def _fail_all(self) -> None:
        for session in list(self._mailboxes):
            mailbox = self._mailboxes.pop(session, None)
            if mailbox is not None:
                mailbox.fail(UnavailableError(_AWAY))
        away = ErrorData.of(UnavailableError(_AWAY))
        for number in list(self._calls):
            call = self._calls.get(number)
            if call is not None:
                call.put(away)

    def _receive(self, message: ToFront) -> None:
        match message:
            case Results():
                keys, results = unpack_numbers(message.keys), message.payloads.unpack()
                pairs = zip(keys, results, strict=True)
                counts = unpack_numbers(message.counts)
                for session, count in zip(unpack_numbers(message.sessions), counts, strict=True):
                    self._deliver(session, list(islice(pairs, count)))
            case Failure(session, None, error):
                mailbox = self._mailboxes.pop(session, None)
                if mailbox is not None:
                    mailbox.fail(error.error())
            case Failure(session, int(key), error):
                self._deliver(session, [(key, error.segment_error())])
            case Reply(number, value):
                call = self._calls.get(number)
                if call is not None:
                    call.put(value)

    def _deliver(self, session: int, outcomes: list[tuple[int, Outcome]]) -> None:
        mailbox = self._mailboxes.get(session)
        if mailbox is not None and outcomes:
            mailbox.deliver(outcomes)

    def _call(
        self, method: str, argument: str | float | None, timeout: float
    ) -> PoolStatus | bool | None:
        number = next(self._numbers)
        reply = self._calls[number] = queue.SimpleQueue()
        try:
            self.send(Call(number, method, argument))  # type: ignore[arg-type]
            value = reply.get(timeout=timeout)
        except queue.Empty:
            raise UnavailableError(_SILENT) from None
        finally:
            del self._calls[number]
        if isinstance(value, ErrorData):
            raise value.error()
        return value


class RemoteSession:
    """A session with the pool of another process; see `gpu_pool.interface.Session`."""

    def __init__(
        self,
        pool: RemotePool,
        number: int,
        timeout: float | None,
        client: str,
        *,
        bulk: bool,
        model: str | None,
    ) -> None:
        self._pool = pool
        self._number = number
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._client = client
        self._bulk = bulk
        self._model = model
        self._mailbox = Mailbox()
        self._submitted = 0

    def submit(self, segments: Sequence[tuple[int, Segment]]) -> None:
        """Send segments; a refusal is raised by the next `take`."""
        first = self._submitted == 0
        if first:
            self._pool.register(self._number, self._mailbox)
        self._submitted += len(segments)
        left = None if self._deadline is None else self._deadline - time.monotonic()
        message = Submit(
            self._number,
            first,
            self._model,
            self._client,
            self._bulk,
            left,
            pack_numbers([key for key, _ in segments]),
            pack_numbers([segment.tokens for _, segment in segments]),
            pack_numbers([segment.memory for _, segment in segments]),
            Packed.of([segment.payload for _, segment in segments]),
        )
        self._pool.send(message)

    def confirm(self) -> None:
        """See `gpu_pool.interface.Session`."""
        self._pool.confirm()
        if not self._pool.is_open(self._number):
            self._mailbox.take(0.0)

    def take(self, timeout: float) -> list[tuple[int, Outcome]]:
        """See `gpu_pool.interface.Session`."""
        outcomes = self._mailbox.take(timeout)
        if not outcomes and self._deadline and time.monotonic() > self._deadline + _CALL_SECONDS:
            raise UnavailableError(_SILENT)  # or it would have said that the deadline has passed
        return outcomes

    def close(self) -> None:
        """See `gpu_pool.interface.Session`."""
        self._pool.unregister(self._number)
        if self._mailbox.taken < self._submitted:
            self._pool.abandon(self._number)
