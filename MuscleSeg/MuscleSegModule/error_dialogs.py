"""Errors as dialogs: a sentence, and the details folded away."""

import traceback
from contextlib import contextmanager
from dataclasses import replace

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import MuscleSegError


@contextmanager
def errorsShown():
    """Show what goes wrong in the block to the user, instead of raising it."""
    try:
        yield
    except Exception as error:
        showError(*_explained(error))


def showError(sentence, details=""):
    """Show a sentence; the details, when there are any, are behind a button."""
    arguments = {"detailedText": details} if details else {}
    slicer.util.errorDisplay(sentence, windowTitle=_("MuscleSeg"), **arguments)


def failedBy(error, outcome):
    """What becomes of a job's :class:`~MuscleSegModule.job.Outcome` when its result could not be taken."""
    sentence, details = _explained(error)
    return replace(outcome, state="failed", text=sentence, details=details)


def detailsOf(outcome):
    """What to fold away behind the sentence of a :class:`~MuscleSegModule.job.Outcome` that failed."""
    log = _("All that was said is in {path}.").format(path=outcome.log) if outcome.log is not None else ""
    return "\n\n".join(filter(None, (outcome.details, log)))


def _explained(error):
    """A sentence, and details where the sentence is not one for the user."""
    if isinstance(error, MuscleSegError):
        return str(error), ""
    sentence = _("Something went wrong in MuscleSeg ({error}). The details below help to find out what.")
    return sentence.format(error=type(error).__name__), "".join(traceback.format_exception(error))
