"""How long a piece of work will still take, in words."""

from slicer.i18n import tr as _

#: No estimate before this much was done, and before this many seconds: it would be a guess.
_ENOUGH_FRACTION, _ENOUGH_SECONDS = 0.03, 2.0


def timeLeft(fraction, seconds):
    """An estimate in words, from how far the work is and how long that took; empty while it would be a guess."""
    if fraction < _ENOUGH_FRACTION or fraction >= 1 or seconds < _ENOUGH_SECONDS:
        return ""
    remaining = seconds * (1 - fraction) / fraction
    if remaining < 10:
        return _("a few seconds left")
    if remaining < 55:
        return _("about {seconds} s left").format(seconds=10 * round(remaining / 10))
    return _("about {minutes} min left").format(minutes=max(1, round(remaining / 60)))
