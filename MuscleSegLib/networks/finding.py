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
    """The models that ship with the library and the user's own; one that cannot be used keeps none back.

    Args:
        models_dir: Where the user's own are; None for the usual folder, ``~/.muscleseg/models``, if it is there.

    Raises:
        ModelError: ``models_dir`` is given and is no folder.
    """
    if models_dir is not None and not models_dir.is_dir():
        raise ModelError(f"There is no folder {models_dir} to look for models in.")
    folders = (resources_dir() / "Models", models_dir or Path.home() / ".muscleseg" / "models")
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
