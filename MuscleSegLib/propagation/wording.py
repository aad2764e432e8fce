"""Labels and slices in sentences: what is said of several of them is said once."""

from collections.abc import Collection, Iterable

from MuscleSegLib.runs import runs_of


def slices_text(slices: Collection[int]) -> str:
    """E.g. ``slice 5`` or ``slices 1, 4–9``."""
    texts = [
        f"{first}–{last}" if last > first + 1 else ", ".join(map(str, range(first, last + 1)))
        for first, last in runs_of(sorted(slices))
    ]
    return f"{'slice' if len(slices) == 1 else 'slices'} {', '.join(texts)}"


def with_slices(of: Iterable[tuple[str, Collection[int]]]) -> str:
    """Names with their slices, those of the same slices together: ``gracilis, soleus (slice 5); RF (slices 1, 4)``.

    Names without slices are left out.
    """
    names: dict[frozenset[int], list[str]] = {}
    for name, slices in of:
        if slices:
            names.setdefault(frozenset(slices), []).append(name)
    return "; ".join(f"{', '.join(own)} ({slices_text(slices)})" for slices, own in names.items())
