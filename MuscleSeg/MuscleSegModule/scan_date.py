"""The field that says when a volume was scanned."""

from datetime import date

from slicer.i18n import tr as _

from MuscleSegLib.slicer.scan_dates import scanDateOf, setScanDate
from MuscleSegModule.error_dialogs import showError


class ScanDate:
    """A line with the date of one volume after the other; kept with each.

    Args:
        edit: The line.
        onChanged: Called when another date was typed in.
    """

    def __init__(self, edit, onChanged):
        self._edit = edit
        self._onChanged = onChanged
        self._volumeNode = None
        edit.connect("editingFinished()", self._onEdited)

    @property
    def value(self):
        """The date (ISO); empty when it is not known."""
        return scanDateOf(self._volumeNode) if self._volumeNode is not None else ""

    def show(self, volumeNode):
        """Show the date of a volume; None: of none."""
        if volumeNode is not self._volumeNode or volumeNode is None:
            self._volumeNode = volumeNode
            self._edit.text = self.value
            self._edit.enabled = volumeNode is not None

    def _onEdited(self):
        text = self._edit.text.strip()
        if self._volumeNode is None or text == self.value:
            return
        try:
            setScanDate(self._volumeNode, date.fromisoformat(text).isoformat() if text else "")
        except ValueError:
            self._edit.text = self.value
            showError(_("“{text}” is no date. Write it as year-month-day, e.g. 2024-05-31.").format(text=text))
            return
        self._edit.text = self.value
        self._onChanged()
