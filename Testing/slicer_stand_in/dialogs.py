"""Dialogs that wait for a person: a test says beforehand what the person will do, and reads what was shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6 import QtWidgets

from Testing.slicer_stand_in.python_qt import REPLACEMENTS


class UnexpectedDialog(AssertionError):
    """A dialog was opened that the test gave no answer for."""


@dataclass
class Dialogs:
    """The dialogs of one test.

    Attributes:
        shown: What was shown, oldest first: of a message box its texts, of a file dialog its title.
    """

    shown: list[dict[str, str]] = field(default_factory=list)
    _answers: deque[Any] = field(default_factory=deque)

    def will_be_answered(self, *answers: Any) -> None:
        """Say how the next dialogs end.

        Args:
            answers: One for each dialog: the button pressed (``qt.QMessageBox.Yes``), the path chosen (a string, empty
                when cancelled; a tuple of strings where several may be chosen), or a function that is called with the
                PySide6 dialog and gives one of these.
        """
        self._answers.extend(answers)

    def answer_of(self, dialog: QtWidgets.QDialog) -> Any:
        """Show a dialog to the test.

        Raises:
            UnexpectedDialog: The test gave no answer.
        """
        texts = {
            name: dialog.property(name) or "" for name in ("windowTitle", "text", "informativeText", "detailedText")
        }
        texts["windowTitle"] = texts["windowTitle"].strip()
        return self._next(texts, dialog)

    def path_chosen(self, title: str) -> Any:
        """Show the title of a file dialog to the test."""
        return self._next({"windowTitle": title, "text": "", "informativeText": "", "detailedText": ""}, None)

    def clear(self) -> None:
        """Forget what was shown and what would be answered.

        Raises:
            AssertionError: An answer was not used: the dialog that was expected did not open.
        """
        unused = len(self._answers)
        self._answers.clear()
        self.shown.clear()
        assert not unused, f"{unused} dialogs that were expected did not open."

    def _next(self, texts: dict[str, str], dialog: QtWidgets.QDialog | None) -> Any:
        self.shown.append(texts)
        if not self._answers:
            raise UnexpectedDialog(f"A dialog that no test expected: {texts}")
        answer = self._answers.popleft()
        return answer(dialog) if isinstance(answer, Callable) else answer


#: PythonQt and the classes behind it have one application to ask; so has this.
dialogs = Dialogs()


def _execute(dialog: QtWidgets.QDialog, *_arguments: Any) -> Any:
    return dialogs.answer_of(dialog)


def _choose_path(_dialog_class: type, *arguments: Any) -> Any:
    # (parent, caption, ...); PythonQt returns the path or paths alone, PySide6 would return the filter too.
    return dialogs.path_chosen(arguments[1] if len(arguments) > 1 else "")


REPLACEMENTS[("QDialog", "exec")] = _execute
for _name in ("getExistingDirectory", "getOpenFileName", "getOpenFileNames", "getSaveFileName"):
    REPLACEMENTS[("QFileDialog", _name)] = _choose_path
