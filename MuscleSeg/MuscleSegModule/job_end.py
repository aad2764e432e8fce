"""The end of a job: what it made is taken, what it used is let go of, and how it went is told."""

from MuscleSegModule.error_dialogs import detailsOf, failedBy


def atEnd(take, letGo, *, onTaken, onFailed, onCancelled):
    """What a :class:`~MuscleSegModule.job.Job` is to call when it ends.

    Args:
        take: Called when the job ended well; gives what it made. What it raises fails the job.
        letGo: Called next, however the job ended.
        onTaken: Called with what was taken.
        onFailed: Called with a sentence and details.
        onCancelled: Called when the job was cancelled.
    """

    def ended(outcome):
        taken = None
        try:
            if outcome.state == "done":
                taken = take()
        except Exception as error:
            outcome = failedBy(error, outcome)
        finally:
            letGo()
        if outcome.state == "done":
            onTaken(taken)
        elif outcome.state == "cancelled":
            onCancelled()
        else:
            onFailed(outcome.text, detailsOf(outcome))

    return ended
