"""The models there are: those that ship with the library, and a user's own. Reads cards only and needs no PyTorch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from MuscleSegLib.errors import ModelError
from MuscleSegLib.networks.cards import CARD, ModelCard, load_card
from MuscleSegLib.resources import resources_dir


@dataclass(frozen=True)
class FoundModels:
    """What was found in the folders of models.

    Attributes:
        cards: Of the models that ship with the library, then of the user's own, in the order of their folders' names.
        problems: A sentence or two for each model that was left out: which, and what to do.
    """

    cards: tuple[ModelCard, ...]
    problems: tuple[str, ...] = ()


def find_models(models_dir: Path | None = None) -> FoundModels:
    """The models that ship with the library and those in ``models_dir``; one that cannot be used keeps none back.

    Raises:
        ModelError: ``models_dir`` is given and is no folder.
    """
    folders = [resources_dir() / "Models"]
    if models_dir is not None:
        if not models_dir.is_dir():
            raise ModelError(f"There is no folder {models_dir} to look for models in.")
        folders.append(models_dir)
    cards: dict[str, ModelCard] = {}
    problems = []
    for path in (path for folder in folders for path in sorted(folder.glob(f"*/{CARD}"))):
        try:
            card = _load_of_new_name(path.parent, cards)
        except ModelError as error:
            problems.append(str(error))
        else:
            cards[card.name] = card
    return FoundModels(tuple(cards.values()), tuple(problems))


def usual_models_dir() -> Path | None:
    """The folder where a user keeps models of their own, ``~/.muscleseg/models``; None where there is none."""
    folder = Path.home() / ".muscleseg" / "models"
    return folder if folder.is_dir() else None


def _load_of_new_name(folder: Path, before: Mapping[str, ModelCard]) -> ModelCard:
    """The card in a folder.

    Raises:
        ModelError: It is not in order, or one found ``before`` has its name.
    """
    card = load_card(folder)
    if card.name in before:
        raise ModelError(
            f'Two models are called "{card.name}": {before[card.name].folder} and {folder}. '
            "The second is left out: rename it in its card."
        )
    return card
