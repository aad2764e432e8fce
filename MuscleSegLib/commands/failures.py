"""Failures that are nobody's mistake, as sentences."""

#: How the libraries below say that an allocation failed: Torch's CPU allocator, its CUDA allocator, C++, ITK.
_OUT_OF_MEMORY = ("can't allocate memory", "out of memory", "bad_alloc", "bad allocation", "Failed to allocate memory")


def sentence_about(error: Exception) -> str:
    """What to tell the user about an error that no code foresaw."""
    if isinstance(error, MemoryError) or any(text in str(error) for text in _OUT_OF_MEMORY):
        return "There was not enough memory. Close other programs or crop the image; on a graphics card, use the CPU."
    return f"This is a fault of MuscleSeg: {type(error).__name__}. Please report it, with the details."
