"""Work that can be stopped: in a thread, so that a signal is heard at once, or in a child process with limits.

Work is any callable that tells a listener what it finds. What it has told stands, however it ends.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
import time
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from math import inf
from pathlib import Path, PurePath
from threading import Event as Bell
from threading import Lock, Thread
from typing import Any, NamedTuple, Self

from convsolve.errors import Error
from convsolve.limits import Limits, Stop, Stopped, confine, end_with, leave_signals_to_others

Work = Callable[[Callable[[Any], None]], None]

TICK = 0.05  # seconds between two looks at the clock and at the memory
MOMENT = 0.001  # seconds that must lie between two tidings if each is to be sent by itself
FIRST = 500  # tidings that are sent by themselves however fast they come
BATCH = 256  # tidings that are handed over together
MOST_WAITING = 10_000  # tidings that nobody has taken yet; then the work waits
# The hard stop is above the limit, so that the soft one, which ends the work in order, comes first.
HARD_STOP = 1.1
HARD_ROOM = 64  # mebibytes, of which the stacks of two threads take 16
HEAD = struct.Struct("!I")  # in front of each frame, its length


class _Over(NamedTuple):
    """The last thing that is told: nothing comes any more, and why."""

    error: BaseException | None = None


Frame = tuple[float, list[Any], _Over | None]  # the memory used by then, what is told, and the end


def followed(work: Work) -> Generator[list[Any], None, None]:
    """Do work in a thread of its own, and hand over what it tells; an empty list comes at every tick.

    The thread that waits here runs the handlers of signals, whatever the other one is doing. What the
    work raises is raised here.
    """
    inbox: deque[Any] = deque()
    # Not SimpleQueue: its get() of Python 3.11 waits for ever where a signal came as its time ran out.
    bell = Bell()
    left = False

    def tell(event: Any) -> None:  # noqa: ANN401 - whatever the work tells
        inbox.append(event)
        if not bell.is_set():
            bell.set()
        while len(inbox) > MOST_WAITING and not left:
            time.sleep(TICK / 10)
        if left:
            raise SystemExit  # nobody listens any more: the thread may end

    def run() -> None:
        leave_signals_to_others()
        try:
            work(tell)
        except BaseException as error:  # noqa: BLE001 - raised where the work is waited for
            inbox.append(_Over(error))
        else:
            inbox.append(_Over())
        bell.set()

    Thread(target=run, daemon=True).start()
    try:
        while True:
            if not inbox:
                bell.wait(TICK)
                bell.clear()
            batch = [inbox.popleft() for _ in range(min(len(inbox), BATCH))]
            over = batch.pop() if batch and isinstance(batch[-1], _Over) else None
            yield batch
            if over is not None:
                if over.error is not None:
                    raise over.error
                return
    finally:
        left = True


def limited(work: Work, limits: Limits) -> Generator[list[Any], None, None]:
    """As `followed`, in a child process that is gone once a limit is reached.

    Raises:
        Stopped: a limit was reached, or the child died. All that had come from it was handed over.
    """
    from selectors import EVENT_READ, DefaultSelector

    end, before = time.monotonic() + limits.seconds, peak()
    child = _Child(work, limits)
    frames = _Frames(child.pipe)
    used = 0.0  # mebibytes that the child has taken
    with child, DefaultSelector() as selector:
        selector.register(child.pipe, EVENT_READ)
        while True:
            left = end - time.monotonic()
            if left <= 0:
                child.kill()
                yield [event for _, batch, _ in frames.read() for event in batch]
                raise Stopped(Stop.TIMEOUT)
            if not selector.select(min(TICK, left)):
                yield []
                continue
            for held, batch, over in frames.read():
                used = held
                yield batch
                if over is not None:
                    if over.error is not None:
                        raise over.error
                    return
            if used + peak() - before > limits.mebibytes:
                raise Stopped(Stop.MEMORY)
            if frames.ended:
                raise Stopped(child.died())


class _Frames:
    """What comes through a pipe, frame by frame; one that was cut off is left out."""

    def __init__(self, pipe: int) -> None:
        os.set_blocking(pipe, False)
        self.pipe = pipe
        self.ended = False
        self._rest = bytearray()

    def read(self) -> Iterator[Frame]:
        """The frames that are complete by now."""
        import pickle

        with suppress(BlockingIOError):
            chunk = os.read(self.pipe, 2**20)  # more than a pipe holds
            self._rest += chunk
            self.ended = not chunk
        while len(self._rest) >= HEAD.size:
            (length,) = HEAD.unpack_from(self._rest)
            if len(self._rest) < HEAD.size + length:
                return
            frame = self._rest[HEAD.size : HEAD.size + length]
            del self._rest[: HEAD.size + length]
            yield pickle.loads(frame)  # noqa: S301 - our own child's


class _Child:
    """The process that does the work; leaving the context ends it."""

    def __init__(self, work: Work, limits: Limits) -> None:
        self.pipe, out = os.pipe()
        parent = os.getpid()
        with warnings.catch_warnings():
            # Other threads of this process may hold locks; the child takes none but its own.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self.pipe)
                _serve(work, limits, out, parent)
            finally:
                os._exit(0)
        os.close(out)
        self._status: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.died()
        os.close(self.pipe)

    def kill(self) -> None:
        """End it at once."""
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)

    def died(self) -> Stop:
        """What ended it, once it has ended."""
        if self._status is None:
            self._status = 0
            with suppress(ChildProcessError):  # someone else has asked
                self._status = os.waitpid(self.pid, 0)[1]
        # the system kills where it has no memory left
        killed = os.WIFSIGNALED(self._status) and os.WTERMSIG(self._status) == signal.SIGKILL
        return Stop.MEMORY if killed else Stop.CRASHED


class _Sender:
    """The child's end of the pipe, for the thread that works and the one that watches."""

    def __init__(self, out: int) -> None:
        self._out = out
        self._lock = Lock()
        self._waiting: list[Any] = []
        self._frames = 0
        self._sent = 0.0
        self._before = peak()

    def tell(self, event: Any) -> None:  # noqa: ANN401 - whatever the work tells
        """Send it at once, so that it is known whatever comes next; in blocks where they come fast."""
        with self._lock:
            self._waiting.append(event)
            at_once = self._frames < FIRST or time.monotonic() > self._sent + MOMENT
            if at_once or len(self._waiting) >= BATCH:
                self._frames += 1
                self._send(None)

    def send(self, over: _Over | None = None) -> None:
        """Send what is waiting, and how much memory there is in use."""
        with self._lock:
            self._send(over)

    def _send(self, over: _Over | None) -> None:
        import pickle

        data = pickle.dumps((peak() - self._before, self._waiting, over))
        data = HEAD.pack(len(data)) + data
        while data:
            data = data[os.write(self._out, data) :]
        self._waiting = []
        self._sent = time.monotonic()


def _serve(work: Work, limits: Limits, out: int, parent: int) -> None:
    """The child: do the work and tell the parent, also at each tick."""
    end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to hear
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    confine(_data() + 2**20 * (HARD_STOP * limits.mebibytes + HARD_ROOM))
    sender = _Sender(out)
    end: list[_Over] = []
    worker = Thread(target=lambda: end.append(_ended(work, sender.tell)), daemon=True)
    worker.start()
    while worker.is_alive():
        worker.join(TICK)
        sender.send()
    sender.send(*end)


def _ended(work: Work, tell: Callable[[Any], None]) -> _Over:
    """Do the work; what it raised is made into what another process can raise."""
    try:
        work(tell)
    except MemoryError:
        return _Over(Stopped(Stop.MEMORY))
    except (Error, KeyboardInterrupt) as error:
        return _Over(error)
    except Exception as error:  # noqa: BLE001 - a defect, which the parent shall tell
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__} at {PurePath(place.filename).name}:{place.lineno}: {error}"
        return _Over(RuntimeError(text))
    return _Over()


def peak() -> float:
    """The most memory that this process has held, in MiB."""
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _data() -> float:
    """The data segments of this process, in bytes; without end where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return inf
