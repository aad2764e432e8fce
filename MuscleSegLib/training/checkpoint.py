"""A training run on disk: everything needed to go on as if it had never stopped."""

from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.errors import ConfigError

CHECKPOINT = "checkpoint.pt"


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write ``state`` beside and rename: an interrupted write leaves the last checkpoint.

    Raises:
        InputError: It could not be written.
    """
    content = BytesIO()  # torch does not say of a file that it writes itself whether the disk is full
    torch.save(state, content)
    with written_atomically(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def load_checkpoint(path: Path, device: torch.device) -> dict[str, Any]:
    """Read a checkpoint; no code in it is executed.

    Raises:
        ConfigError: it is damaged.
    """
    try:
        return torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # torch raises whatever the damage leads to
        raise ConfigError(f"The checkpoint {path} cannot be read ({error}): delete it to start again.") from None
