"""Files that are either complete or not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path``, with the same ending, whose file takes that name when the block ends well.

    Whatever stops the block, ``KeyboardInterrupt`` included, leaves nothing behind, and an older file as it was.

    Yields:
        Where to write.
    """
    temporary = path.with_name(f".{uuid4().hex}-{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
