"""Buttons that start something, where it can be started."""


class Starter:
    """A button, and beside it why it cannot be pressed where it cannot.

    Args:
        button: The button.
        label: Where the reason is shown.
    """

    def __init__(self, button, label):
        self._button = button
        self._label = label

    def update(self, obstacle, running):
        """Offer it, or say what keeps it from being started.

        Args:
            obstacle: A sentence on what to do first; empty when nothing is in the way.
            running: Whether it was started, and so is not offered.
        """
        self._button.enabled = not obstacle and not running
        self._label.text = obstacle
        self._label.visible = bool(obstacle) and not running
