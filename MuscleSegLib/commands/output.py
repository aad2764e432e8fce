"""What a command tells while it works and at the end: to a person, or as JSON lines to a program that started it."""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from argparse import Namespace
from pathlib import Path
from typing import Any, Self

from MuscleSegLib.commands.terminal import ProgressBar, say


class Output(ABC):
    """Where a command says what it does, what it made, and what a person should check.

    Use it as a context manager around the work: what showed the progress is gone when the block ends.
    """

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(self, *_: object) -> None: ...

    @abstractmethod
    def progress(self, fraction: float, message: str) -> None:
        """Say how far the work is; a :data:`MuscleSegLib.progress.Progress`."""

    @abstractmethod
    def warning(self, text: str, *, slice: int | None = None, label: int | None = None, kind: str = "") -> None:  # noqa: A002
        """Say what a person should check.

        Args:
            text: A sentence.
            slice: The slice of the input to look at, counted from 0; None when there is no single one.
            label: The value in the label map that it is about; None when it is about no single one.
            kind: The sort of thing, as in :class:`MuscleSegLib.segmentation.result.SegmentationWarning`.
        """

    @abstractmethod
    def file(self, path: Path) -> None:
        """Name a file that was written."""

    @abstractmethod
    def text(self, text: str) -> None:
        """Answer a question: one or several lines that are the result, such as a table."""

    @abstractmethod
    def error(self, text: str, details: str = "") -> None:
        """Say why there is no result.

        Args:
            text: One or two sentences for the user.
            details: What helps to find a fault of this program: a traceback.
        """

    @abstractmethod
    def done(self) -> None:
        """Say that all went well; the last thing that is said."""


class TerminalOutput(Output):
    """For a person: progress, warnings and errors on standard error, results on standard output."""

    def __init__(self) -> None:
        self._bar = ProgressBar(sys.stderr)

    def __exit__(self, *_: object) -> None:
        self._bar.wipe()

    def progress(self, fraction: float, message: str) -> None:
        """Move the bar."""
        self._bar(fraction, message)

    def warning(self, text: str, *, slice: int | None = None, label: int | None = None, kind: str = "") -> None:  # noqa: A002, ARG002
        """Print the sentence, which names slice and muscle itself."""
        self._bar.wipe()
        say(f"warning: {text}\n", sys.stderr)

    def file(self, path: Path) -> None:
        """Print the path."""
        self.text(str(path))

    def text(self, text: str) -> None:
        """Print it."""
        self._bar.wipe()
        say(f"{text}\n", sys.stdout)

    def error(self, text: str, details: str = "") -> None:
        """Print the details, if there are any, then the sentences."""
        self._bar.wipe()
        say(f"{details}muscleseg: {text}\n", sys.stderr)

    def done(self) -> None:
        """Say nothing: a command that went well just ends."""


class JsonLinesOutput(Output):
    """For a program: one JSON object a line on standard output, ASCII only, each written at once.

    ====================  ==========================================
    ``"type"``            further members
    ====================  ==========================================
    ``"progress"``        ``fraction`` (0 to 1), ``message``
    ``"warning"``         ``text``, ``slice``, ``label``, ``kind``
    ``"file"``            ``path``
    ``"text"``            ``text``
    ``"error"``           ``text``, ``details``; then nothing more
    ``"done"``            ; then nothing more
    ====================  ==========================================
    """

    def __exit__(self, *_: object) -> None:
        """Nothing is left to clear away."""

    def progress(self, fraction: float, message: str) -> None:
        """Write ``progress``."""
        self._write("progress", fraction=round(fraction, 4), message=message)

    def warning(self, text: str, *, slice: int | None = None, label: int | None = None, kind: str = "") -> None:  # noqa: A002
        """Write ``warning``."""
        self._write("warning", text=text, slice=slice, label=label, kind=kind)

    def file(self, path: Path) -> None:
        """Write ``file``."""
        self._write("file", path=str(path))

    def text(self, text: str) -> None:
        """Write ``text``."""
        self._write("text", text=text)

    def error(self, text: str, details: str = "") -> None:
        """Write ``error``."""
        self._write("error", text=text, details=details)

    def done(self) -> None:
        """Write ``done``."""
        self._write("done")

    def _write(self, event: str, **members: Any) -> None:
        say(json.dumps({"type": event, **members}) + "\n", sys.stdout)


def output_for(arguments: Namespace) -> Output:
    """The output that the command line's global ``--json-lines`` chooses.

    Example:
        >>> with output_for(arguments) as out:
        ...     result = long_work(progress=out.progress)
        ...     for warning in result.warnings:
        ...         out.warning(warning.text, slice=warning.slice, label=warning.value, kind=warning.kind)
        ...     out.file(path)
    """
    return JsonLinesOutput() if arguments.json_lines else TerminalOutput()
