"""Segments one volume in a process of its own and prints the peak of its memory; see benchmark_segmentation.py.

Usage: python peak_memory.py IMAGE MODEL REGION THREADS [MODELS_DIR]. Prints MiB. Needs Linux.
"""

import sys
from pathlib import Path
from typing import cast

import torch

from MuscleSegLib.segmentation import segment
from MuscleSegLib.segmentation.image_reading import read_image
from MuscleSegLib.segmentation.regions import Region


def peak_mib() -> float:
    """The peak of this process's resident memory so far.

    Not ``getrusage``: its ru_maxrss begins at the memory of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main(image: str, model: str, region: str, threads: str, models_dir: str | None = None) -> None:
    """Segment the image and print the peak."""
    torch.set_num_threads(int(threads))
    segmentation = segment(
        read_image(Path(image)),
        model=model,
        region=cast(Region, region),
        device="cpu",
        models_dir=Path(models_dir) if models_dir else None,
    )
    print(peak_mib())
    del segmentation


if __name__ == "__main__":
    main(*sys.argv[1:])
