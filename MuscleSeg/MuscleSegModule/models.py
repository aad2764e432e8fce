"""The models to choose from, as a menu shows them; from their cards, without PyTorch."""

from dataclasses import dataclass

from slicer.i18n import tr as _

from MuscleSegLib.errors import ModelError
from MuscleSegLib.networks import FoundModels, find_models

#: In the order of the menu: HRNet leaves out the fewest muscles.
_FAMILIES = {"hrnet": "HRNet", "unet2d": "U-Net 2D"}


@dataclass(frozen=True)
class ModelChoice:
    """An entry of the menu.

    Attributes:
        value: The name of a family, or of one model, as the command line takes it.
        title: One line for the menu.
        images: What sort of images it was trained on; empty when the cards do not say.
        data: The data it was trained on with their licences, one a line.
    """

    value: str
    title: str
    images: str
    data: str


def foundModels(modelsDir):
    """The models that ship with the library and those in a folder; what keeps any of them back is a problem to show.

    Args:
        modelsDir: Where the user keeps models; None for the usual folder.
    """
    try:
        return find_models(modelsDir)
    except ModelError as error:  # The folder that was chosen once is gone.
        others = find_models()
        return FoundModels(others.cards, (*others.problems, str(error)))


def modelChoices(cards):
    """The families that ship with the library, then the user's own models, of the cards that were found."""
    cards = [card for card in cards if card.task == "segmentation"]
    choices, inFamilies = [], set()
    for family, title in _FAMILIES.items():
        members = tuple(card for card in cards if card.name == f"{card.region}-{family}")
        if members:
            regions = " + ".join(
                _regionTitle(card.region) for card in sorted(members, key=lambda c: c.region != "thigh")
            )
            choices.append(_choice(family, f"{title} ({regions})", members))
            inFamilies |= {card.name for card in members}
    choices += [
        _choice(card.name, f"{card.title} ({_regionTitle(card.region)})", (card,))
        for card in cards
        if card.name not in inFamilies
    ]
    return choices


def _regionTitle(region):
    return {"thigh": _("thigh"), "leg": _("leg"), "any": _("any region")}[region]


def _choice(value, title, cards):
    images = dict.fromkeys(str(card.training["images"]) for card in cards if card.training.get("images"))
    data = dict.fromkeys(
        f"{source['title']} ({source['licence']})" for card in cards for source in card.training["data"]
    )
    return ModelChoice(value, title, "; ".join(images), "\n".join(data))
