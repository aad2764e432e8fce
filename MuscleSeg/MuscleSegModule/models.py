"""The models to choose from, as a menu shows them; from their cards, without PyTorch."""

from dataclasses import dataclass

from slicer.i18n import tr as _

from MuscleSegLib.networks import find_models

#: In the order of the menu: HRNet leaves out the fewest muscles.
_FAMILIES = {"hrnet": "HRNet", "unet2d": "U-Net 2D"}


@dataclass(frozen=True)
class ModelChoice:
    """An entry of the menu.

    Attributes:
        value: The name of a family, or of one model, as the command line takes it.
        title: One line for the menu.
        trainedOn: What it was trained on, in a few lines of text.
        cards: The cards behind it.
    """

    value: str
    title: str
    trainedOn: str
    cards: tuple


def modelChoices(modelsDir=None):
    """The families that ship with the library, then the user's own models.

    Raises:
        ModelError: A card is not in order, or the folder does not exist.
    """
    cards = [card for card in find_models(modelsDir) if card.task == "segmentation"]
    choices, inFamilies = [], set()
    for family, title in _FAMILIES.items():
        members = tuple(card for card in cards if card.name == f"{card.region}-{family}")
        if members:
            regions = " + ".join(
                _regionTitle(card.region) for card in sorted(members, key=lambda c: c.region != "thigh")
            )
            choices.append(ModelChoice(family, f"{title} ({regions})", _trainedOn(members), members))
            inFamilies |= {card.name for card in members}
    choices += [
        ModelChoice(card.name, f"{card.title} ({_regionTitle(card.region)})", _trainedOn((card,)), (card,))
        for card in cards
        if card.name not in inFamilies
    ]
    return choices


def _regionTitle(region):
    return {"thigh": _("thigh"), "leg": _("leg"), "any": _("any region")}[region]


def _trainedOn(cards):
    """What the cards say of the images and the data, each thing once."""
    lines = {str(card.training.get("images", "")): None for card in cards}
    lines |= {f"{source['title']} ({source['licence']})": None for card in cards for source in card.training["data"]}
    return "\n".join(line for line in lines if line)
