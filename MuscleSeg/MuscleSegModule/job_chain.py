"""Several commands one after the other, in child processes, as one piece of work."""

from MuscleSegModule.job import Job, Outcome


class JobChain:
    """Has what :class:`~MuscleSegModule.job.Job` has; each command starts when the one before ended well.

    Args:
        commands: The arguments of each, in order.
        onEnd: Called once with the :class:`~MuscleSegModule.job.Outcome` of the last, or of the first that failed.
        onProgress: Called with a fraction of the whole, each command counted alike, and a message.
    """

    def __init__(self, commands, *, onEnd, onProgress):
        self._commands = list(commands)
        self._onEnd = onEnd
        self._onProgress = onProgress
        self._index = -1
        self._job = None

    @property
    def running(self):
        """Whether the end is still to come."""
        return self._job is not None and self._job.running

    def start(self):
        """Start the first command."""
        self._next()

    def cancel(self):
        """Stop what runs; the commands after it are not started."""
        self._job.cancel()

    def close(self):
        """Stop what runs at once, call nothing any more."""
        self._job.close()

    def _next(self):
        self._index += 1
        self._job = Job(
            self._commands[self._index],
            onEnd=self._onJobEnd,
            onProgress=lambda fraction, message: self._onProgress(
                (self._index + fraction) / len(self._commands), message
            ),
        )
        self._job.start()

    def _onJobEnd(self, outcome: Outcome):
        if outcome.state == "done" and self._index + 1 < len(self._commands):
            self._next()
        else:
            self._onEnd(outcome)
