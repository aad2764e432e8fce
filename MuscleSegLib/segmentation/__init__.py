"""Volume in, label map out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from MuscleSegLib.segmentation.pipeline import segment

__all__ = ["segment"]


def __getattr__(name: str) -> Any:
    # Imported when it is asked for: results are read and shown where PyTorch is not installed.
    if name == "segment":
        from MuscleSegLib.segmentation.pipeline import segment

        return segment
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
