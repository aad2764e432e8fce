"""The models there are: those that ship with the library, and a user's own. Reads cards only and needs no PyTorch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
        left_out: Those sentences by the name of the model: its card's or, where that cannot be read, its folder's.
    """

    cards: tuple[ModelCard, ...]
    problems: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


def find_models(models_dir: Path | None = None) -> FoundModels:
    """The models that ship with the library and the user's own; one that cannot be used keeps none back.

    Of two of one name, the second is left out. A model in a folder that is given takes the place of the one of its name
    that ships with the library.

    Args:
        models_dir: Where the user's own are; None for the usual folder, ``~/.muscleseg/models``, if it is there.

    Raises:
        ModelError: ``models_dir`` is given and is no folder.
    """
    if models_dir is not None and not models_dir.is_dir():
        raise ModelError(f"There is no folder {models_dir} to look for models in.")
    own, problems = _cards_in(models_dir or Path.home() / ".muscleseg" / "models")
    bundled, other_problems = _cards_in(resources_dir() / "Models")
    cards = {name: card for name, card in bundled.items() if models_dir is None or name not in own}
    for name, card in own.items():
        if name in cards:
            problems.append((name, _two_of_one_name(cards[name], card.folder)))
        else:
            cards[name] = card
    problems = [*other_problems, *problems]
    return FoundModels(tuple(cards.values()), tuple(text for _, text in problems), dict(problems))


def _cards_in(folder: Path) -> tuple[dict[str, ModelCard], list[tuple[str, str]]]:
    """The models in a folder by name, and the name and the problem of each that cannot be used."""
    cards: dict[str, ModelCard] = {}
    problems = []
    for path in sorted(folder.glob(f"*/{CARD}")):
        try:
            card = load_card(path.parent)
        except ModelError as error:
            problems.append((path.parent.name, str(error)))
            continue
        if card.name in cards:
            problems.append((card.name, _two_of_one_name(cards[card.name], path.parent)))
        else:
            cards[card.name] = card
    return cards, problems


def _two_of_one_name(first: ModelCard, second: Path) -> str:
    return (
        f'Two models are called "{first.name}": {first.folder} and {second}. '
        "The second is left out: rename it in its card."
    )
