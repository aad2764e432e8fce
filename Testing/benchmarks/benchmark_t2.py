"""How fast T2 is fitted beside scipy's curve_fit and beside a search of a dictionary.

Run: python Testing/benchmarks/benchmark_t2.py [--quick] [--threads N]

Everything is measured in one run on one simulated slab, on the CPU. The slab is fitted as a whole, from the echoes to
the maps. The others fit one voxel after another or search in blocks, take far longer, and so are given as many of its
voxels as they finish in a few seconds; all figures are voxels with signal per second. Wall time is what a person waits;
CPU time is added because it does not count the time in which other programs had the processor: ratios are of CPU time.
"""

import os
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
import torch
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from MuscleSegLib.maps.echoes import MultiEchoSeries
from MuscleSegLib.maps.epg_signals import EchoSignals, EchoTrain, Tissue
from MuscleSegLib.maps.fat_t2 import FAT_T1_MS, FAT_T2_MS, WATER_T1_MS
from MuscleSegLib.maps.slice_profile import SINC_PULSES
from MuscleSegLib.maps.t2_epg import B1_RANGE, T2_RANGE_MS, fit_water_t2
from MuscleSegLib.maps.t2_monoexponential import fit_t2

SLAB, QUICK_SLAB = (36, 128, 128), (4, 64, 64)
TRAIN = EchoTrain(10.0, tuple(range(1, 18)))
TIMES_MS = np.array([TRAIN.spacing_ms * number for number in TRAIN.numbers])
SNR = 50.0
#: The dictionary of MyoQMRI: 60 values of T2 from 20 to 80 ms, 20 of B1 and 101 of the fat fraction.
DICTIONARY = (np.linspace(20, 80, 60), np.linspace(0.5, 1.2, 20), np.linspace(0, 1, 101))
#: The whole slab in at most this many seconds on two cores.
TARGET_S = 60.0


@dataclass(frozen=True)
class Speed:
    voxels: int
    wall_s: float
    cpu_s: float

    @property
    def cpu_us(self) -> float:
        return 1e6 * self.cpu_s / self.voxels


def slab(shape: tuple[int, int, int]) -> tuple[MultiEchoSeries, NDArray[np.bool_], NDArray[np.float32]]:
    """A limb that fills half of the image; also where it is, and the true T2 of its voxels."""
    _, y, x = np.mgrid[: shape[0], : shape[1], : shape[2]]
    radius = np.hypot(y - shape[1] / 2, x - shape[2] / 2) / shape[1]
    body = radius < 0.4
    b1 = torch.from_numpy((1.2 - radius[body]).astype(np.float32))
    fat = torch.from_numpy((0.1 * (x[body] // 8 % 6)).astype(np.float32))[:, None]
    t2 = (32 + 4.0 * (y[body] // 8 % 4)).astype(np.float32)
    water_echoes, fat_echoes = signals(b1, torch.from_numpy(t2))
    clean = np.zeros((len(TIMES_MS), *shape), np.float32)
    clean[:, body] = 1000 * ((1 - fat) * water_echoes + fat * fat_echoes).numpy().T
    noise = clean[0, body].mean() / SNR * np.random.default_rng(0).standard_normal((2, *clean.shape), np.float32)
    images = []
    for echo in np.hypot(clean + noise[0], noise[1]):
        image = sitk.GetImageFromArray(echo)
        image.SetSpacing((1.5, 1.5, 7.0))
        images.append(image)
    return MultiEchoSeries.of(images, TIMES_MS.tolist(), {}), body, t2


def signals(b1: torch.Tensor, t2_ms: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Echoes of water and of fat."""
    water = EchoSignals(Tissue(WATER_T1_MS, T2_RANGE_MS), B1_RANGE, TRAIN, SINC_PULSES)
    fat = EchoSignals(Tissue(FAT_T1_MS, (FAT_T2_MS, FAT_T2_MS)), B1_RANGE, TRAIN, SINC_PULSES)
    return water.at(b1)(t2_ms.log()), fat.at(b1)(t2_ms.log())


def timed(voxels: int, work: Callable[[], object]) -> Speed:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Speed(voxels, time.perf_counter() - wall, time.process_time() - cpu)


def as_many_as_finish(count: int, work: Callable[[int], object], seconds: float) -> Speed:
    """Voxels one after another, until the time is over."""
    wall, cpu, done = time.perf_counter(), time.process_time(), 0
    while done < count and time.perf_counter() - wall < seconds:
        work(done)
        done += 1
    return Speed(done, time.perf_counter() - wall, time.process_time() - cpu)


def curve_fit_of_exponential(echoes: NDArray[np.float32]) -> Callable[[int], object]:
    """T2 without the first echo, as people write it."""

    def model(time_ms: NDArray[np.float64], amplitude: float, t2_ms: float) -> NDArray[np.float64]:
        return amplitude * np.exp(-time_ms / t2_ms)

    return lambda voxel: curve_fit(model, TIMES_MS[1:], echoes[voxel, 1:], p0=(echoes[voxel, 1], 50.0))


def curve_fit_of_phase_graphs(echoes: NDArray[np.float32]) -> Callable[[int], object]:
    """T2, B1, water and fat; of the echoes interpolated as in ours, as exact ones would take far longer yet."""
    water = EchoSignals(Tissue(WATER_T1_MS, T2_RANGE_MS), B1_RANGE, TRAIN, SINC_PULSES)
    fat = EchoSignals(Tissue(FAT_T1_MS, (FAT_T2_MS, FAT_T2_MS)), B1_RANGE, TRAIN, SINC_PULSES)

    def model(_: NDArray[np.float64], log_t2: float, b1: float, of_water: float, of_fat: float) -> NDArray[np.float64]:
        at_b1, at_t2 = torch.tensor([b1], dtype=torch.float32), torch.tensor([log_t2], dtype=torch.float32)
        both = of_water * water.at(at_b1)(at_t2) + of_fat * fat.at(at_b1)(at_t2)
        return both[0].double().numpy()

    low, high = np.log(T2_RANGE_MS)
    bounds = ([low, B1_RANGE[0], 0, 0], [high, B1_RANGE[1], np.inf, np.inf])

    def fit(voxel: int) -> object:
        start = (np.log(40.0), 0.95, float(echoes[voxel, 0]), 0.1 * float(echoes[voxel, 0]))
        # Single precision of the model asks for larger steps of the differences than double would.
        return curve_fit(model, TIMES_MS, echoes[voxel], p0=start, bounds=bounds, diff_step=1e-3)

    return fit


def dictionary_search(echoes: NDArray[np.float32]) -> Callable[[], NDArray[np.float64]]:
    """The entry that is most like each voxel, of a dictionary of T2, B1 and fat fraction; T2 in ms."""
    t2, b1, part = DICTIONARY
    each_t2, each_b1 = (torch.from_numpy(values.ravel()).float() for values in np.meshgrid(t2, b1, indexing="ij"))
    water, fat = signals(each_b1, each_t2)
    fractions = torch.from_numpy(part).float()[:, None, None]
    entries = ((1 - fractions) * water + fractions * fat).flatten(0, 1)
    entries /= entries.norm(dim=1, keepdim=True)
    columns = entries.T.contiguous()
    values = torch.from_numpy(echoes)

    def search() -> NDArray[np.float64]:
        best = torch.cat([(block @ columns).argmax(1) for block in values.split(256)])
        return each_t2.repeat(len(part))[best].double().numpy()

    return search


def main() -> None:
    parser = ArgumentParser(description="Time T2 fits beside scipy's curve_fit and a search of a dictionary.")
    parser.add_argument("--quick", action="store_true", help="a small slab, and less time for the others")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    shape, seconds, searched = (QUICK_SLAB, 2.0, 2000) if arguments.quick else (SLAB, 20.0, 20000)
    series, body, t2 = slab(shape)
    count = len(t2)
    chosen = np.random.default_rng(1).permutation(count)
    echoes = np.ascontiguousarray(series.magnitudes()[:, body].T[chosen])
    print(f"{' × '.join(map(str, shape[::-1]))} voxels, {count} with signal, {len(TIMES_MS)} echoes")
    print(f"{arguments.threads} threads on {os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}\n")

    found: dict[str, NDArray[np.float64]] = {}
    search = dictionary_search(echoes[:searched])
    speeds = {
        "mono-exponential, ours": timed(count, lambda: fit_t2(series)),
        "mono-exponential, scipy curve_fit": as_many_as_finish(count, curve_fit_of_exponential(echoes), seconds),
        "water T2 by phase graphs, ours": timed(count, lambda: found.update(ours=fit_water_t2(series)[0].values)),
        "water T2 by phase graphs, scipy curve_fit": as_many_as_finish(
            count, curve_fit_of_phase_graphs(echoes), seconds
        ),
        "water T2 by search of 121200 entries": timed(min(count, searched), lambda: found.update(dictionary=search())),
    }
    ours = speeds["mono-exponential, ours"]
    for name, speed in speeds.items():
        ours = speed if name.endswith("ours") else ours
        ratio = "" if speed is ours else f"  ours is {speed.cpu_us / ours.cpu_us:6.1f} times as fast"
        print(
            f"{name:42} {speed.voxels:7d} voxels {speed.wall_s:7.2f} s (CPU {speed.cpu_s:7.2f} s) "
            f"{speed.voxels / speed.wall_s:8.0f} voxels/s{ratio}"
        )
    whole = speeds["water T2 by phase graphs, ours"]
    print(f"\nWater T2 of the slab: {whole.wall_s:.1f} s; target {TARGET_S:g} s for {' × '.join(map(str, SLAB[::-1]))}")
    for who, values, truth in (
        ("our fit", found["ours"][body], t2),
        ("the search", found["dictionary"], t2[chosen[:searched]]),
    ):
        error = values - truth
        print(f"Error of T2 by {who}: mean {np.nanmean(error):.2f} ms, standard deviation {np.nanstd(error):.2f} ms")


if __name__ == "__main__":
    main()
