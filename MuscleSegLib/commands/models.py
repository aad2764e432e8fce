"""``muscleseg models``: the models there are, what they were trained on, and how well they do."""

from __future__ import annotations

import textwrap
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from MuscleSegLib.commands.model_arguments import add_models_dir
from MuscleSegLib.commands.output import output_for

if TYPE_CHECKING:
    from MuscleSegLib.networks import ModelCard

HELP = "list the models, what each was trained on and how well it did"
_NAME_WIDTH = 14
_LINE_WIDTH = 110


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_models_dir(parser)


def run(arguments: Namespace) -> None:
    """Print the models, and say which were left out.

    Raises:
        ModelError: The folder to look in does not exist.
    """
    from MuscleSegLib.networks import find_models

    found = find_models(arguments.models_dir)
    with output_for(arguments) as out:
        out.text("\n\n".join(describe(card) for card in found.cards) or "No models were found.")
        for problem in found.problems:
            out.warning(problem)


def describe(card: ModelCard) -> str:
    """A card as lines of text: one thing a line, long ones wrapped."""
    outputs = [name for name in card.channels if name != "background"]
    lines = {
        "title": card.title,
        "region": card.region,
        "architecture": card.architecture.name,
        "input": f"{card.input.size} × {card.input.size} pixels of {card.input.spacing_mm} mm",
        "tells apart": f"{' '.join(outputs)} ({len(outputs)})",
        "trained on": "; ".join(f"{source['title']} ({source['licence']})" for source in card.training.get("data", [])),
        "how well": "; ".join(
            f"{metric['measure']} {metric['value']} on {metric['on']} ({metric['how']})" for metric in card.metrics
        ),
        "licence": card.licence,
        "sha256": f"{card.weights.sha256[:12]}…",
        "folder": str(card.folder),
    }
    text = [f"{card.name} {card.version}"]
    for name, value in lines.items():
        indent = " " * (_NAME_WIDTH + 2)
        text.append(
            textwrap.fill(
                value or "not said",
                _LINE_WIDTH,
                initial_indent=f"  {name:<{_NAME_WIDTH}}",
                subsequent_indent=indent,
                break_long_words=False,
            )
        )
    return "\n".join(text)
