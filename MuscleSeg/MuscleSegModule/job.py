"""A command of ``muscleseg`` in a process of its own: Slicer stays usable, and a crash takes nothing with it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import qt
import slicer
from slicer.i18n import tr as _

from MuscleSegModule.job_log import JobLog
from MuscleSegModule.slicer_python import environmentForPython, pythonSlicer

#: How long a process that was asked to stop may clear away what it began, before it is killed.
_GRACE_MS = 500


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        state: ``done``, ``cancelled`` or ``failed``.
        text: Why it failed, in a sentence or two for the user.
        details: What helps to find out why: a traceback, or the last that the process said. Names no patient.
        log: The file with all that it said.
    """

    state: Literal["done", "cancelled", "failed"]
    text: str = ""
    details: str = ""
    log: Path | None = None


class Job:
    """One run of a command, from :meth:`start` to the call of ``onEnd``.

    Everything is called in the main thread, from Qt's event loop. Keep the job for as long as it runs.

    Args:
        arguments: Those of the command line, such as ``["segment", "image.nrrd", "--output", "result.seg.nrrd"]``.
        onEnd: Called once with the :class:`Outcome`, when the process is gone; not called after :meth:`close`.
        onProgress: Called with fraction (0 to 1) and message.
        onWarning: Called with a dictionary of ``text``, ``slice``, ``label`` and ``kind``; see
            :meth:`MuscleSegLib.commands.output.Output.warning`.
        onFile: Called with the path of each file that was written.
        onText: Called with each text that answers a question.

    Example:
        >>> job = Job(["models"], onEnd=lambda outcome: print(outcome.state))
        >>> job.start()
    """

    def __init__(self, arguments, *, onEnd, onProgress=None, onWarning=None, onFile=None, onText=None):
        self._arguments = ["--json-lines", *arguments]
        self._onEnd = onEnd
        self._handlers = {
            "progress": lambda event: onProgress and onProgress(event["fraction"], event["message"]),
            "warning": lambda event: onWarning and onWarning(event),
            "file": lambda event: onFile and onFile(Path(event["path"])),
            "text": lambda event: onText and onText(event["text"]),
            "error": self._onError,
            "done": self._onDone,
        }
        self._log = JobLog(arguments)
        self._unfinishedLine = b""
        self._lastErrors = []
        self._started = self._cancelled = self._done = self._ended = False
        self._failure = None
        self._process = qt.QProcess()
        self._process.setProcessEnvironment(environmentForPython())
        self._process.connect("started()", self._onStarted)
        self._process.connect("readyReadStandardOutput()", self._onOutput)
        self._process.connect("readyReadStandardError()", self._onErrorOutput)
        self._process.connect("errorOccurred(QProcess::ProcessError)", self._onProcessError)
        self._process.connect("finished(int,QProcess::ExitStatus)", self._onFinished)
        # Nobody waits for it when the application goes.
        slicer.app.connect("aboutToQuit()", self.close)

    @property
    def running(self):
        """Whether the end is still to come."""
        return not self._ended

    @property
    def log(self):
        """The file with all that the process says."""
        return self._log.path

    def start(self):
        """Start the process."""
        self._process.start(pythonSlicer(), ["-m", "MuscleSegLib.cli", *self._arguments])

    def cancel(self):
        """Stop the process: it may clear away for half a second, then it is killed; ``onEnd`` follows."""
        if self._ended or self._cancelled:
            return
        self._cancelled = True
        # The end of its input reaches a process without a window on Windows too, a request to terminate does not.
        self._process.closeWriteChannel()
        self._process.terminate()
        qt.QTimer.singleShot(_GRACE_MS, self._kill)

    def close(self):
        """Stop the process at once, call nothing any more: the panel, the scene or the application goes away."""
        if self._ended:
            return
        self._ended = True
        self._process.kill()
        self._process.waitForFinished(5000)
        self._letGo()

    def _kill(self):
        if not self._ended:
            self._process.kill()

    def _onStarted(self):
        self._started = True

    def _onOutput(self):
        *lines, self._unfinishedLine = (self._unfinishedLine + _bytes(self._process.readAllStandardOutput())).split(
            b"\n"
        )
        for line in lines:
            self._take(line.decode("utf-8", "replace"))

    def _onErrorOutput(self):
        text = _bytes(self._process.readAllStandardError()).decode("utf-8", "replace")
        self._log.write(text)
        self._lastErrors = [*self._lastErrors, *text.splitlines()][-20:]

    def _take(self, line):
        """Act on a line of the process; what is no event was printed by a library, and goes to the log."""
        self._log.write(f"{line}\n")
        try:
            event = json.loads(line)
            handler = self._handlers.get(event["type"])
        except (ValueError, TypeError, KeyError):
            return
        if handler is not None and not self._ended and not self._cancelled:
            handler(event)

    def _onError(self, event):
        self._failure = (event["text"], event["details"])

    def _onDone(self, _event):
        self._done = True

    def _onProcessError(self):
        # Other errors are followed by the end of the process.
        if not self._started:
            self._end("failed", _("Slicer's Python could not be started ({path}).").format(path=pythonSlicer()))

    def _onFinished(self):
        self._onOutput()
        self._onErrorOutput()
        if self._cancelled:
            self._end("cancelled")
        elif self._failure is not None:
            self._end("failed", *self._failure)
        elif self._done:
            self._end("done")
        else:
            # Why is not known: the launcher that PythonSlicer is tells of any sort of crash in the same way.
            self._end(
                "failed",
                _(
                    "The process that did the work ended unexpectedly; Slicer and the scene are unharmed. Perhaps "
                    "memory ran out: close other programs, or crop the image."
                ),
            )

    def _end(self, state, text="", details=""):
        if self._ended:
            return
        self._ended = True
        self._letGo()
        if state == "failed":
            details = self._log.withoutNames(details or "\n".join(self._lastErrors))
        self._onEnd(Outcome(state, text, details, self._log.path))

    def _letGo(self):
        """Have Qt hold this no longer: what is connected to a process lives as long as the process does."""
        slicer.app.disconnect("aboutToQuit()", self.close)
        self._process.deleteLater()


def _bytes(byteArray):
    return bytes(byteArray.data())
