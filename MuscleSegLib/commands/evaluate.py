"""``muscleseg evaluate``: how good a model is, against outlines by hand or on simulated bodies left out of training."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.commands.erosion import add_erode
from MuscleSegLib.commands.extras import extra_packages
from MuscleSegLib.commands.model_arguments import add_model
from MuscleSegLib.commands.output import Output, output_for
from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from MuscleSegLib.networks import ModelCard
    from MuscleSegLib.segmentation.models import InstalledModels
    from MuscleSegLib.training.config import TrainingConfig

HELP = "measure a model on outlines drawn by hand or on simulated bodies left out of training; or the fit of water T2"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_model(parser)
    on = parser.add_subparsers(required=True, metavar="ON")
    outlines = on.add_parser("outlines", help="an image on some slices of which muscles were outlined")
    outlines.add_argument("image", type=Path)
    outlines.add_argument("outlines", type=Path, help="JSON: a list of slice, side, muscle, outline [[x, y], ...]")
    outlines.add_argument("--labels", default="hostin", help="label set of the outlines (%(default)s)")
    outlines.add_argument("--region", choices=("auto", "thigh", "leg"), default="auto", help="(%(default)s)")
    _add_record(outlines)
    outlines.set_defaults(evaluate=_outlines)
    simulated = on.add_parser("simulated", help="volumes simulated from the label maps that a configuration holds out")
    _add_bodies(simulated)
    simulated.add_argument("--labels", default="muscleseg", metavar="SET", help="label set to compare in (%(default)s)")
    _add_record(simulated)
    simulated.set_defaults(evaluate=_simulated)
    biomarkers = on.add_parser(
        "biomarkers", help="FF, MTR, T2 and volume of simulated patients, with true and with predicted labels"
    )
    _add_bodies(biomarkers)
    add_erode(biomarkers)
    _add_record(biomarkers)
    biomarkers.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="a new folder for the tables and Bland-Altman plots"
    )
    biomarkers.set_defaults(evaluate=_biomarkers)
    propagation = on.add_parser("propagation", help="corrected slices carried to others, on the bodies held out")
    _add_bodies(propagation)
    propagation.add_argument(
        "--all-bodies", action="store_true", help="all label maps that it names, with drawn slices alone: no network"
    )
    propagation.add_argument(
        "--slice-mm", type=float, default=4.0, metavar="MM", help="slices at least this far apart (%(default)g)"
    )
    propagation.set_defaults(evaluate=_propagation)
    follow_up = on.add_parser("follow-up", help="labels carried to a later scan, on the bodies held out")
    _add_bodies(follow_up)
    add_erode(follow_up)
    follow_up.set_defaults(evaluate=_follow_up)
    water_t2 = on.add_parser("water-t2", help="water T2 by extended phase graphs, on echoes of known T2, fat and B1")
    water_t2.add_argument("--snr", type=float, default=50.0, help="of the first echo of lean muscle (%(default)g)")
    water_t2.set_defaults(evaluate=_water_t2)


def _add_record(parser: ArgumentParser) -> None:
    parser.add_argument("--record", action="store_true", help="write the figures into the card of the model")


def _add_bodies(parser: ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="the training configuration: the bodies it holds out are examined")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the folders it names are")


def run(arguments: Namespace) -> None:
    """Measure, print, and record where asked to.

    Raises:
        MuscleSegError: The model or the data cannot be used, or packages are not installed.
    """
    with extra_packages("train"), output_for(arguments) as out:
        arguments.evaluate(arguments, out)


def _outlines(arguments: Namespace, out: Output) -> None:
    from MuscleSegLib.evaluation.carried_outlines import carry_outlines, doubted_outlines, mean_dsc_without
    from MuscleSegLib.evaluation.outlines import read_outlines, score_outlines
    from MuscleSegLib.segmentation import segment
    from MuscleSegLib.segmentation.image_reading import read_image

    outlines = read_outlines(arguments.outlines)
    image = read_image(str(arguments.image))
    result = segment(
        image,
        model=arguments.model,
        region=arguments.region,
        labels=arguments.labels,
        device=arguments.device,
        models_dir=arguments.models_dir,
        progress=out.progress,
    )
    scores = score_outlines(result, outlines)
    out.text(scores.pivot_table(index="muscle", columns=["side", "slice"], values="dsc").round(3).to_string(na_rep="-"))
    by_muscle = scores.groupby("muscle")["dsc"].mean()
    out.text(by_muscle.round(3).to_string())
    out.text(f"mean DSC of {len(scores)} outlined muscles: {scores['dsc'].mean():.3f}")
    out.text(f"lowest muscle: {by_muscle.idxmin()} {by_muscle.min():.3f}; lowest outline: {scores['dsc'].min():.3f}")
    out.text(f"median of found to outlined area: {scores['area_ratio'].median():.2f}")
    doubted = doubted_outlines(carry_outlines(image, result, outlines))
    for own in doubted.itertuples():
        out.text(
            f"Look at the outline of {own.muscle} {own.side} on slice {own.slice} again: that of slice "
            f"{own.from_slice}, carried there without a network, meets it with a DSC of {own.dsc_drawn:.2f}, and what "
            f"was found with {own.dsc_found:.2f}."
        )
    if len(doubted):
        mean = mean_dsc_without(scores, doubted)
        out.text(f"mean DSC without the {len(doubted)} that are doubted so: {mean:.3f}")
    if arguments.record:
        slices = f"{scores['slice'].nunique()} slices"
        on = f"a scan, {len(scores)} outlined muscles on {slices}, label set {arguments.labels}"
        how = "muscleseg evaluate outlines"
        figures = {"mean DSC": scores["dsc"].mean(), "mean DSC of the worst muscle": by_muscle.min()}
        for card in result.cards:
            _record(card.folder, {measure: round(float(value), 4) for measure, value in figures.items()}, on, how)


def _simulated(arguments: Namespace, out: Output) -> None:
    from MuscleSegLib.evaluation.simulated import SEQUENCES, absence_rate, score_simulated
    from MuscleSegLib.evaluation.subjects import region_of
    from MuscleSegLib.training.config import read_config

    config = read_config(arguments.config)
    models = _models(arguments)
    card = models.for_region(region_of(config)).card
    scores = score_simulated(models, config, arguments.data, labels=arguments.labels, progress=out.progress)
    out.text(scores.pivot_table(index="muscle", columns="sequence", values="dsc").round(3).to_string(na_rep="-"))
    by_muscle = scores.groupby("muscle")["dsc"].agg(["mean", "std", "min", "count"])
    out.text(by_muscle.round(3).to_string())
    mean, absent = float(scores["dsc"].mean()), absence_rate(scores)
    bodies = f"{scores['body'].nunique()} bodies {_left_out(card, config)}"
    volumes = f"{scores['seed'].nunique()} simulated volumes of {bodies}"
    out.text(f"{card.name}, mean DSC of {len(scores)} muscles in {volumes}: {mean:.3f}")
    out.text(f"absence rate: {absent:.2f} %")
    if arguments.record:
        on = f"{volumes}, {len(SEQUENCES)} contrasts, label set {arguments.labels}"
        how = f"muscleseg evaluate simulated {arguments.config.name} --labels {arguments.labels}"
        figures = {"mean DSC": round(mean, 4), "absence rate, %": round(absent, 3)}
        _record(card.folder, figures, on, how)


def _biomarkers(arguments: Namespace, out: Output) -> None:
    from MuscleSegLib.evaluation.biomarkers import error_of_fatty_muscles, score_biomarkers, summarise
    from MuscleSegLib.evaluation.bland_altman import write_bland_altman
    from MuscleSegLib.evaluation.subjects import region_of
    from MuscleSegLib.training.config import read_config

    folder = arguments.output
    if folder and folder.exists():
        raise InputError(f"{folder} is there already. Name a new folder.")
    config = read_config(arguments.config)
    models = _models(arguments)
    card = models.for_region(region_of(config)).card
    scores = score_biomarkers(models, config, arguments.data, erosion_mm=arguments.erode, progress=out.progress)
    summary = summarise(scores)
    bodies = f"{scores['body'].nunique()} bodies {_left_out(card, config)}"
    out.text(f"{card.name}, measured minus true in simulated patients of {bodies}:")
    out.text(summary.round(3).to_string(index=False))
    if arguments.record:
        on = f"{scores['body'].nunique()} simulated patients, labels eroded by {arguments.erode:g} mm"
        how = f"muscleseg evaluate biomarkers {arguments.config.name} --erode {arguments.erode:g}"
        figures = {measure: round(value, 3) for measure, value in error_of_fatty_muscles(summary).items()}
        _record(card.folder, figures, on, how)
    if folder:
        folder.mkdir(parents=True)
        for name, table in (("scores", scores), ("agreement", summary)):
            with written_atomically(folder / f"{name}.csv") as path:
                table.to_csv(path, index=False)
            out.file(folder / f"{name}.csv")
        write_bland_altman(scores, summary, folder / "bland_altman.png")
        out.file(folder / "bland_altman.png")


def _propagation(arguments: Namespace, out: Output) -> None:
    import pandas as pd

    from MuscleSegLib.evaluation.propagation import (
        MOST_SLICE_MM,
        RANDOM_ORDERS,
        annotate,
        cases,
        curve,
        score_key_slices,
        where_it_ends,
        with_all_held_out,
    )
    from MuscleSegLib.training.config import read_config

    config = read_config(arguments.config)
    models, config = (None, with_all_held_out(config)) if arguments.all_bodies else (_models(arguments), config)
    scores, courses = [], []
    for case in cases(models, config, arguments.data, slice_mm=arguments.slice_mm):
        scores.append(score_key_slices(case))
        out.text(scores[-1].round(3).to_string(index=False))
        if case.found is not None:
            for network in (True, False):
                courses += [annotate(case, choose, network=network) for choose in ("suggested", "worst")]
                courses += [annotate(case, "random", network=network, seed=seed) for seed in range(RANDOM_ORDERS)]
            courses.append(annotate(case, "worst", spread=False))
    every = pd.concat(scores)
    for name, part in (
        ("all", every),
        (f"slices up to {MOST_SLICE_MM:g} mm", every[every["slice_mm"] <= MOST_SLICE_MM]),
    ):
        table = part.pivot_table(index="scheme", columns="source", values=["dsc", "confidence"])
        out.text(f"\nMean DSC of the slices not drawn, {name}: {part['body'].nunique()} bodies\n{table.round(3)}")
    if courses:
        out.text(f"\nMean DSC of all slices, by the number of corrected ones\n{curve(courses).round(3)}")
        out.text(f"\nWhere the annotator stops\n{where_it_ends(courses).round(3)}")


def _follow_up(arguments: Namespace, out: Output) -> None:
    from MuscleSegLib.evaluation.follow_up import changes, errors, score_follow_up
    from MuscleSegLib.training.config import read_config

    models = _models(arguments)
    scores = score_follow_up(
        models, read_config(arguments.config), arguments.data, erosion_mm=arguments.erode, progress=out.progress
    )
    true = changes(scores, "true").mean()
    out.text(f"True mean change: volume {true['volume_%']:.1f} %, FF {true['ff_points']:.1f} points. Errors:")
    out.text(errors(scores).round(2).to_string())


def _water_t2(arguments: Namespace, out: Output) -> None:
    from MuscleSegLib.evaluation.water_t2 import FATS_T2_MS, water_t2_errors

    if not arguments.snr > 0:
        raise InputError(f"The SNR is {arguments.snr:g}, but has to be more than 0.")
    for fat_t2_ms in FATS_T2_MS:
        errors = water_t2_errors(snr=arguments.snr, fat_t2_ms=fat_t2_ms, progress=out.progress)
        out.text(f"T2 of fat {fat_t2_ms:g} ms, which the fit is not told")
        for column, meaning in (
            ("bias_ms", "Mean error of water T2, ms"),
            ("sd_ms", "Standard deviation from voxel to voxel, ms"),
            ("least_sd_ms", "The least that any unbiased fit of one voxel can have (Cramér-Rao; B1 known), ms"),
            ("fat_fraction_bias_percent", "Mean error of the fat fraction, %"),
        ):
            table = errors.pivot_table(index=["t2_ms", "fat_fraction_percent"], columns="b1", values=column)
            out.text(f"{meaning}; by T2 (ms) and fat fraction (%) down, B1 across")
            out.text(table.round(2).to_string())
        worst = errors["bias_ms"].abs().max()
        out.text(f"largest mean error of water T2 at an SNR of {arguments.snr:g}: {worst:.2f} ms")
        out.text(f"voxels without T2: {errors['unfitted_percent'].mean():.2f} %")


def _models(arguments: Namespace) -> InstalledModels:
    from MuscleSegLib.segmentation.models import InstalledModels

    return InstalledModels(arguments.model, arguments.models_dir, arguments.device)


def _left_out(card: ModelCard, config: TrainingConfig) -> str:
    """What a model's card says of the bodies that a configuration holds out: it may have learnt from them."""
    from MuscleSegLib.evaluation.subjects import were_left_out

    return "left out of training" if were_left_out(card, config) else "that it may have been trained on"


def _record(folder: Path, figures: Mapping[str, float], on: str, how: str) -> None:
    """Write figures, by measure, into a model's card."""
    from MuscleSegLib.training.export import record_metrics

    metrics = [{"measure": measure, "value": value, "on": on, "how": how} for measure, value in figures.items()]
    record_metrics(folder, metrics)
