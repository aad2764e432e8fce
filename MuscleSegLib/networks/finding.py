"""The models there are: those that ship with the library, and a user's own. Reads cards only and needs no PyTorch."""

from pathlib import Path

from MuscleSegLib.errors import ModelError
from MuscleSegLib.networks.cards import CARD, ModelCard, load_card
from MuscleSegLib.resources import resources_dir


def find_models(models_dir: Path | None = None) -> list[ModelCard]:
    """The cards of the models that ship with the library, then of those in ``models_dir``, each sorted by name.

    Raises:
        ModelError: ``models_dir`` is given and is no folder, a card is wrong, or two models have one name.
    """
    folders = [resources_dir() / "Models"]
    if models_dir is not None:
        if not models_dir.is_dir():
            raise ModelError(f"There is no folder {models_dir} to look for models in.")
        folders.append(models_dir)
    cards = [load_card(path.parent) for folder in folders for path in sorted(folder.glob(f"*/{CARD}"))]
    seen: dict[str, ModelCard] = {}
    for card in cards:
        if card.name in seen:
            raise ModelError(
                f'Two models are called "{card.name}": {seen[card.name].folder} and {card.folder}. '
                "Rename one in its card."
            )
        seen[card.name] = card
    return cards


def usual_models_dir() -> Path | None:
    """The folder where a user keeps models of their own, ``~/.muscleseg/models``; None where there is none."""
    folder = Path.home() / ".muscleseg" / "models"
    return folder if folder.is_dir() else None
