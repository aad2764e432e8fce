"""Muscles of much fat, and how far their fat fraction is off.

Hostin et al., J Magn Reson Imaging 58:1826 (2023), call a muscle of more than 20 % fat G20+, and give the errors of
their own network on such muscles. What is expected here is what was measured of the model that found the muscles: its
card says it, from ``muscleseg evaluate biomarkers --record``.
"""

from collections.abc import Collection, Iterable

from MuscleSegLib.networks import ModelCard

#: Fat fraction in % above which a muscle counts as G20+.
G20_PERCENT = 20.0
#: The measures of a card that tell the error of its FF there, in % fat.
G20_BIAS, G20_SD = (f"{what} of the error of FF above {G20_PERCENT:g} %, %" for what in ("mean", "SD"))
_NOT_KNOWN = "not measured for what made this segmentation"


def expected_error(models: Collection[str], cards: Iterable[ModelCard]) -> str:
    """What error to expect of the fat fraction of a G20+ muscle, in words.

    Args:
        models: The models that made a label map, as it names them (:attr:`ModelCard.identity`).
        cards: Of the models there are.

    Returns:
        Mean and standard deviation of the error, and what they were measured on; or that they were not.
    """
    texts = []
    for card in cards:
        if card.identity in models:
            deviations = {metric["on"]: metric["value"] for metric in card.metrics if metric["measure"] == G20_SD}
            texts += [
                f"{metric['value']:+.1f} ± {deviations[metric['on']]:.1f} % ({card.name}, {metric['on']})"
                for metric in card.metrics
                if metric["measure"] == G20_BIAS and metric["on"] in deviations
            ]
    return "; ".join(texts) or _NOT_KNOWN
