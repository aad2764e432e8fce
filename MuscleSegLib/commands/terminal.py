"""What a command shows while it works."""

from typing import TextIO

_WIDTH = 30


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
                print(message, file=self._stream, flush=True)
            self._message = message
            return
        full = round(fraction * _WIDTH)
        line = f"[{'█' * full}{' ' * (_WIDTH - full)}] {fraction:4.0%}  {message}"
        self._stream.write("\r" + line.ljust(self._drawn))
        self._stream.flush()
        self._drawn = len(line)

    def wipe(self) -> None:
        """Take the bar away, if there is one."""
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._stream.flush()
            self._drawn = 0
