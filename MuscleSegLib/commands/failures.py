"""Failures that no code foresaw, as sentences."""

#: How the libraries below say that an allocation failed: Torch's CPU allocator, its CUDA allocator, C++, ITK.
_OUT_OF_MEMORY = ("can't allocate memory", "out of memory", "bad_alloc", "bad allocation", "Failed to allocate memory")


def failure_of_machine(error: Exception) -> str:
    """What the user can do about a failure of the machine: memory, or a file; empty for any other."""
    if isinstance(error, MemoryError) or any(text in str(error) for text in _OUT_OF_MEMORY):
        return "There was not enough memory. Close other programs or crop the image; on a graphics card, use the CPU."
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename} cannot be used: {error.strerror}. Check its path, rights and space."
    return ""


def fault_of_program(error: Exception) -> str:
    """What to say of any other error."""
    return f"This is a fault of MuscleSeg: {type(error).__name__}. Please report it, with the details."
