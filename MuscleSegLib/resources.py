"""Where the data files that ship with the library are."""

from pathlib import Path


def resources_dir() -> Path:
    """The ``Resources`` folder: inside the package when installed by pip, beside it in a checkout and in Slicer."""
    package = Path(__file__).parent
    inside = package / "Resources"
    return inside if inside.is_dir() else package.parent / "Resources"
