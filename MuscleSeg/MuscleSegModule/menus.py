"""A menu whose entries are known only at run time, bound to a parameter that is a text."""


class Menu:
    """A combo box with a value behind every entry.

    Slicer's own binding of a combo box to a text lists the values themselves; a person wants titles.

    Args:
        comboBox: The combo box.
        onChosen: Called with the value that the user chose.
    """

    def __init__(self, comboBox, onChosen):
        self._comboBox = comboBox
        self._onChosen = onChosen
        self._filling = False
        comboBox.connect("currentIndexChanged(int)", self._onIndexChanged)

    def fill(self, entries, value):
        """Offer entries, pairs of value and title, and show one of them.

        A value that is not among them (a model that is not installed here) is shown as no choice.
        """
        self._filling = True
        self._comboBox.clear()
        for entry, title in entries:
            self._comboBox.addItem(title, entry)
        self._comboBox.currentIndex = self._comboBox.findData(value)
        self._filling = False

    def show(self, value):
        """Show the entry with this value."""
        self._filling = True
        self._comboBox.currentIndex = self._comboBox.findData(value)
        self._filling = False

    @property
    def value(self):
        """The value of the entry that is shown; None when there is none."""
        return self._comboBox.itemData(self._comboBox.currentIndex) if self._comboBox.currentIndex >= 0 else None

    def _onIndexChanged(self, _index):
        if not self._filling and self.value is not None:
            self._onChosen(self.value)
