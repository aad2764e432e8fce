"""Child processes that end when a test says so, with a result that it chose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.cli import main
from MuscleSegLib.segmentation.result import Segmentation
from MuscleSegLib.segmentation.segmentation_writing import write_segmentation

THIGH = label_set("muscleseg").for_regions({"thigh"})
#: A few muscles are enough for a table; they lie beside each other in every slice, but the first and the last.
MUSCLES = tuple(sided for sided in sided_labels(THIGH) if sided.label.abbreviation in ("VL", "RF", "Sa", "Gr"))


def label_map_for(image: sitk.Image, muscles=MUSCLES, left_out=()) -> sitk.Image:
    """A label map in which each muscle is a block of 3 × 8 voxels in the inner slices."""
    values = np.zeros(image.GetSize()[::-1], np.uint8)
    for index, sided in enumerate(muscles):
        if sided.segment_id not in left_out:
            values[1:-1, 5:13, 1 + 3 * index : 4 + 3 * index] = sided.value
    label_map = sitk.GetImageFromArray(values)
    label_map.CopyInformation(image)
    return label_map


class HeldJob:
    """Has what :class:`MuscleSegModule.job.Job` has; its process is the test."""

    def __init__(self, arguments, **handlers):
        self.arguments = arguments
        self.started = self.closed = self.ended = False
        self.progress, self.warn, self.say = map(handlers.get, ("onProgress", "onWarning", "onText"))
        self._on_end = handlers["onEnd"]

    @property
    def running(self):
        return not self.ended

    def start(self):
        self.started = True

    def cancel(self):
        self.end("cancelled")

    def close(self):
        self.closed = self.ended = True

    def argument(self, name: str) -> str:
        """What follows an option on the command line."""
        return self.arguments[self.arguments.index(name) + 1]

    def finish(self, *warnings, label_map=None):
        """Write the result of ``muscleseg segment`` and end well."""
        image = sitk.ReadImage(self.arguments[1])
        result = Segmentation(label_map or label_map_for(image), THIGH, ())
        write_segmentation(result, Path(self.argument("--output")))
        for warning in warnings:
            self.warn({"type": "warning", "slice": None, "label": None, **warning})
        self.end("done")

    def run(self):
        """Run the command after all, in this process, and end well."""
        assert main(self.arguments) == 0
        self.end("done")

    def end(self, state, text="", details="", log=None):
        """End as told."""
        from MuscleSegModule.job import Outcome

        assert not self.ended
        self.ended = True
        self._on_end(Outcome(state, text, details, log))


class HeldJobs:
    """All that were made."""

    def __init__(self):
        self.all: list[HeldJob] = []

    def start(self, arguments, **handlers):
        """Called in the place of the class."""
        self.all.append(HeldJob(arguments, **handlers))
        return self.all[-1]

    @property
    def last(self) -> HeldJob:
        """The last that segments."""
        return [job for job in self.all if job.arguments[0] == "segment"][-1]
