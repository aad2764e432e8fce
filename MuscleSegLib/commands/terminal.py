"""How a command writes to a terminal, or to what stands there for it."""

import os
from typing import TextIO

_WIDTH = 30


def say(text: str, stream: TextIO) -> None:
    """Write at once; letters that the stream does not know are written as their number.

    Where nobody listens any more, as behind ``| head``, this and all that follows goes nowhere.
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"  # a closed standard output is None
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, end="", flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class ProgressBar:
    """A progress callback that draws a bar on a terminal, and writes each new message once elsewhere.

    Wipe it before anything else is printed, so that it starts on a clean line.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn = 0
        self._message = ""

    def __call__(self, fraction: float, message: str) -> None:
        """Draw, or write; see :data:`MuscleSegLib.progress.Progress`."""
        if not self._stream.isatty():
            if message != self._message:
                say(f"{message}\n", self._stream)
            self._message = message
            return
        full = round(fraction * _WIDTH)
        line = f"[{'█' * full}{' ' * (_WIDTH - full)}] {fraction:4.0%}  {message}"
        say("\r" + line.ljust(self._drawn), self._stream)
        self._drawn = len(line)

    def wipe(self) -> None:
        """Take the bar away, if there is one."""
        if self._drawn:
            say("\r" + " " * self._drawn + "\r", self._stream)
            self._drawn = 0
