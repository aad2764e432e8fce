"""Errors as dialogs: a sentence, and the details folded away."""

import traceback
from contextlib import contextmanager

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import MuscleSegError


@contextmanager
def errorsShown():
    """Show what goes wrong in the block to the user, instead of raising it."""
    try:
        yield
    except MuscleSegError as error:
        showError(str(error))
    except Exception as error:
        showError(
            _("Something went wrong in MuscleSeg ({error}). The details below help to find out what.").format(
                error=type(error).__name__
            ),
            traceback.format_exc(),
        )


def showError(sentence, details=""):
    """Show a sentence; the details, when there are any, are behind a button."""
    arguments = {"detailedText": details} if details else {}
    slicer.util.errorDisplay(sentence, windowTitle=_("MuscleSeg"), **arguments)


def detailsOf(outcome):
    """What to fold away behind the sentence of a :class:`~MuscleSegModule.job.Outcome` that failed."""
    log = _("All that was said is in {path}.").format(path=outcome.log) if outcome.log is not None else ""
    return "\n\n".join(filter(None, (outcome.details, log)))
