"""Where the files of one piece of work are."""

from tempfile import TemporaryDirectory

import slicer


def runFolder():
    """A new folder that names no patient; its ``cleanup`` removes it, or what can be removed of it.

    On Windows a file cannot be while another process has it open, and one that was cancelled may have for a moment.
    """
    return TemporaryDirectory(prefix="muscleseg-", dir=slicer.app.temporaryPath, ignore_cleanup_errors=True)
