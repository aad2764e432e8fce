"""Being stopped from outside: as Ctrl-C, so that what was begun is cleared away."""

from __future__ import annotations

import _thread
import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Within the block, a request to terminate raises ``KeyboardInterrupt``, as Ctrl-C does.

    Outside the main thread, where Python allows no signal handlers, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def interrupted_by_end_of_input() -> Iterator[None]:
    """Within the block, the end of a standard input that is a pipe is a request to terminate the main thread.

    The program that started this one holds the other end: the pipe ends when it closes it, and also when it crashes,
    so that no orphan goes on working. It is the only polite way to stop a process without a console on Windows.
    Use it within :func:`interrupted_by_sigterm`.
    """
    if not _is_pipe(0):
        yield
        return
    finished = threading.Event()
    threading.Thread(target=_interrupt_at_end_of, args=(0, finished), daemon=True).start()
    try:
        yield
    finally:
        finished.set()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _interrupt_at_end_of(descriptor: int, finished: threading.Event) -> None:
    # Read from the descriptor: sys.stdin would hold a lock that the interpreter needs when it ends.
    while os.read(descriptor, 4096):
        pass
    if not finished.is_set():
        # Not as SIGINT: a process that a shell started in the background ignores that.
        _thread.interrupt_main(signal.SIGTERM)


def _is_pipe(descriptor: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:
        return False
