"""Labels and slices in sentences: what is said of several of them is said once."""

from collections.abc import Collection, Iterable


def slices_text(slices: Collection[int]) -> str:
    """E.g. ``slice 5`` or ``slices 1, 4–9``."""
    runs: list[list[int]] = []
    for n in sorted(slices):
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    texts = [f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
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
