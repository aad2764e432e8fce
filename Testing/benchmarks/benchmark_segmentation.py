"""How long segmenting takes beside the network alone and beside MONAI's inferers, and how much memory it takes.

Run: python Testing/benchmarks/benchmark_segmentation.py [IMAGE] [--model hrnet] [--models-dir DIR] [--threads N]

Everything is measured in one run, with one network on one volume, on the CPU. What is compared is measured in turns, so
that whatever else the machine does falls on all alike. Wall time is what a person waits; CPU time is added because it
does not count the time in which other programs had the processor.
"""

import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import SimpleITK as sitk
import torch
from monai.inferers import SliceInferer, sliding_window_inference
from torch import Tensor, nn
from torch.nn import functional as F

from MuscleSegLib.errors import ModelError
from MuscleSegLib.resources import resources_dir
from MuscleSegLib.segmentation.image_reading import read_image
from MuscleSegLib.segmentation.inference import BATCH
from MuscleSegLib.segmentation.models import InstalledModels, LoadedModel
from MuscleSegLib.segmentation.normalisation import normalise
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.pipeline import segment_with
from MuscleSegLib.segmentation.regions import Region

REPEATS = 7
SLICES = (30, 100, 300)
#: From volume to label map in at most this many times the bare forward passes.
TARGET = 1.3
#: Of a voxel.
_IMAGE_BYTES, _LABEL_BYTES = 4, 1
#: Wall and CPU seconds of each repeat.
Times = list[tuple[float, float]]


class LoadedOnce(InstalledModels):
    """The installed models, each loaded once, as by a program that segments many volumes."""

    def __init__(self, name: str, models_dir: Path | None) -> None:
        super().__init__(name, models_dir, "cpu")
        self._loaded: dict[str, LoadedModel] = {}

    def for_region(self, region: Region) -> LoadedModel:
        if region not in self._loaded:
            self._loaded[region] = super().for_region(region)
        return self._loaded[region]

    def classifier(self) -> LoadedModel:
        if "classifier" not in self._loaded:
            self._loaded["classifier"] = super().classifier()
        return self._loaded["classifier"]

    def replace_network(self, region: Region, network: nn.Module) -> None:
        self._loaded[region] = replace(self.for_region(region), network=network)


class Recorder(nn.Module):
    """A network that keeps what it was given."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.inputs: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.inputs.append(x)
        output: Tensor = self.network(x)
        return output


def forward_passes(models: LoadedOnce, image: sitk.Image, region: Region) -> Callable[[], None]:
    """The network alone, on the very tensors that segmenting gives it: the same crops in the same batches."""
    network = models.for_region(region).network
    recorder = Recorder(network)
    models.replace_network(region, recorder)
    segment_with(models, image, region=region)
    models.replace_network(region, network)

    def run() -> None:
        with torch.inference_mode():
            for crops in recorder.inputs:
                network(crops)

    return run


def time_in_turns(jobs: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, Times]:
    """Run each job ``repeats`` times, one of each in every round, beginning with another one each round."""
    names = list(jobs)
    times: dict[str, Times] = {name: [] for name in names}
    for n in range(repeats):
        for name in names[n % len(names) :] + names[: n % len(names)]:
            wall, cpu = time.perf_counter(), time.process_time()
            jobs[name]()
            times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return times


def print_times(times: Mapping[str, Times], base: Times) -> None:
    """A row for each job; the ratios are to ``base``."""
    print(f"{'':42}{'wall s':>18}{'CPU s':>18}{'ratio':>18}")
    print(f"{'':42}" + f"{'median':>10}{'least':>8}" * 2 + f"{'wall':>10}{'CPU':>8}")
    for name, own in times.items():
        wall, cpu = zip(*own, strict=True)
        base_wall, base_cpu = zip(*base, strict=True)
        numbers = (median(wall), min(wall), median(cpu), min(cpu))
        ratios = median(wall) / median(base_wall), median(cpu) / median(base_cpu)
        print(f"{name:42}" + "".join("{:10.2f}{:8.2f}".format(*pair) for pair in (numbers[:2], numbers[2:], ratios)))


def peers(model: LoadedModel, image: sitk.Image) -> dict[str, Callable[[], object]]:
    """MONAI's inferers with the same network on the same volume.

    They are given whole slices at the network's pixel size, with the windows' size and batch of our pipeline, and slide
    over both limbs at once. Only the sliding is timed: resampling the volume beforehand, the maximum over the channels
    and bringing the labels back to the volume's pixels are not, while in our time all of it is.
    """
    grid = model.grid
    volume = AxialVolume.of(image)
    size = [round(n * mm / grid.spacing_mm) for n, mm in zip(volume.array.shape[1:], volume.spacing[1:], strict=True)]
    pixels = torch.from_numpy(volume.array.astype(np.float32, order="C"))[:, None]
    pixels = normalise(F.interpolate(pixels, size, mode="bilinear", antialias=True), model.card.input.normalisation)
    roi = (grid.size, grid.size)
    batch = BATCH[model.device.type]

    def sliding(overlap: float) -> Callable[[], object]:
        # The slices are a batch of 2D images, (slices, 1, rows, columns).
        @torch.inference_mode()
        def run() -> object:
            return sliding_window_inference(pixels, roi, batch, model.network, overlap=overlap)

        return run

    def by_slice(overlap: float) -> Callable[[], object]:
        # The slices are one 3D image, (1, 1, slices, rows, columns), that the inferer takes apart.
        inferer = SliceInferer(roi_size=roi, sw_batch_size=batch, overlap=overlap, spatial_dim=0)
        stack = pixels.transpose(0, 1)[None]

        @torch.inference_mode()
        def run() -> object:
            return inferer(stack, model.network)

        return run

    return {
        f"MONAI {name}, overlap {overlap:g}": make(overlap)
        for overlap in (0.25, 0.9)
        for name, make in (("sliding_window_inference", sliding), ("SliceInferer", by_slice))
    }


def print_memory(arguments: Namespace, image: sitk.Image, region: Region) -> None:
    """Peak memory of segmenting volumes of the same slices, repeated to different numbers of them."""
    stored = sitk.GetArrayFromImage(image).astype(np.float32)
    print(f"{'slices':>8}{'peak':>10}{'image and label map':>22}{'all else':>10}   (MiB)")
    for count in SLICES:
        longer = sitk.GetImageFromArray(stored[np.arange(count) % len(stored)])
        longer.SetSpacing(image.GetSpacing())
        longer.SetOrigin(image.GetOrigin())
        longer.SetDirection(image.GetDirection())
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "volume.mha"
            sitk.WriteImage(longer, path)
            script = Path(__file__).with_name("peak_memory.py")
            command = [sys.executable, script, path, arguments.model, region, str(arguments.threads)]
            command += [arguments.models_dir] if arguments.models_dir else []
            peak = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        own = longer.GetNumberOfPixels() * (_IMAGE_BYTES + _LABEL_BYTES) / 2**20
        print(f"{count:8}{peak:10.0f}{own:22.0f}{peak - own:10.0f}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description="Time and memory of segmenting, beside the bare network and MONAI's inferers.")
    parser.add_argument("image", nargs="?", default=str(resources_dir() / "SampleData" / "thigh.nii.gz"))
    parser.add_argument("--model", default="hrnet", help="a family, or one model by name (%(default)s)")
    parser.add_argument("--models-dir", type=Path)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    image = read_image(arguments.image)
    models = LoadedOnce(arguments.model, arguments.models_dir)
    region = models.only_region() or "thigh"
    model = models.for_region(region)
    print(f"{arguments.image}: {' × '.join(map(str, image.GetSize()))} voxels, {model.card.name}")
    print(f"{arguments.threads} threads on {os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}\n")

    ours = "volume to label map, region given"
    jobs: dict[str, Callable[[], object]] = {
        "bare forward passes": forward_passes(models, image, region),
        ours: lambda: segment_with(models, image, region=region),
    }
    try:
        models.classifier()
        jobs["volume to label map, region auto"] = lambda: segment_with(models, image)
    except ModelError as error:
        print(f"Region auto is not measured: {error}")
    times = time_in_turns(jobs, REPEATS)
    print(
        f"Ratio to the bare forward passes of the same crops, in the same batches; {REPEATS} repeats; target {TARGET}"
    )
    print_times(times, times["bare forward passes"])

    print("\nRatio to our time from volume to label map; one repeat")
    print_times(time_in_turns(peers(model, image), 1), times[ours])

    print("\nPeak memory")
    print_memory(arguments, image, region)


if __name__ == "__main__":
    main()
