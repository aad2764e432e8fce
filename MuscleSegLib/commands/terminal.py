"""What a command shows while it works."""

import sys
from typing import TextIO

_WIDTH = 30


class ProgressBar:
    """A progress callback that draws a bar on a terminal, and writes each new message once elsewhere.

    Use it as a context manager: the bar is wiped at the end, so that what is printed next starts on a clean line.
    """

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._drawn = 0
        self._message = ""

    def __call__(self, fraction: float, message: str) -> None:
        """Draw, or write; see :data:`MuscleSegLib.progress.Progress`."""
        if not self._stream.isatty():
            if message != self._message:
                print(message, file=self._stream, flush=True)
            self._message = message
            return
        full = round(fraction * _WIDTH)
        line = f"[{'█' * full}{' ' * (_WIDTH - full)}] {fraction:4.0%}  {message}"
        self._stream.write("\r" + line.ljust(self._drawn))
        self._stream.flush()
        self._drawn = len(line)

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._stream.flush()
