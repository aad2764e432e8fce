"""The table and the plot of a segmentation in the scene, kept up to date while it is corrected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import slicer

from MuscleSegLib.biomarkers.repeated import RepeatedMeasures
from MuscleSegLib.errors import InputError
from MuscleSegLib.slicer.labelled_volumes import labelledVolumeFromSegmentationNodes
from MuscleSegLib.slicer.profile_charts import profileMeasures, updateProfileChart
from MuscleSegLib.slicer.tables import updateTableNode
from MuscleSegLib.slicer.transforms import transformFromTransformNode

if TYPE_CHECKING:
    from MuscleSegLib.biomarkers.mapped_labels import Exclusion
    from MuscleSegLib.biomarkers.measurements import Measurements
    from MuscleSegLib.maps.parameter_map import ParameterMap

_EVENTS = (
    slicer.vtkSegmentation.SourceRepresentationModified,
    slicer.vtkSegmentation.SegmentAdded,
    slicer.vtkSegmentation.SegmentRemoved,
    slicer.vtkSegmentation.SegmentModified,
    slicer.vtkSegmentation.SegmentsOrderModified,
)


class LiveMeasures:
    """Measures of segmentation nodes, as a table, a profile table and a chart in their scene.

    Attributes:
        tableNode: The measures, a muscle a row.
        profileTableNode: What the chart is of.
        chartNode: A measure along the limb.
        measurements: The same as data; None before the first :meth:`refresh`.
        measuredAgain: Name and side of the muscles that the last :meth:`refresh` measured.
        chartMeasure: What the chart shows, of :func:`MuscleSegLib.slicer.profile_charts.profileMeasures`.
    """

    def __init__(
        self,
        segmentationNodes: Sequence[slicer.vtkMRMLSegmentationNode],
        volumeNode: slicer.vtkMRMLScalarVolumeNode,
        maps: Sequence[ParameterMap] = (),
        *,
        transformNodes: Mapping[str, slicer.vtkMRMLTransformNode] | None = None,
        exclusions: Mapping[str, Sequence[Exclusion]] | None = None,
        erosionMm: float = 0.0,
        pseudonym: str = "",
        scanDate: str = "",
        chartMeasure: str = "area_mm2",
    ) -> None:
        """Add the nodes, empty for now.

        Args:
            segmentationNodes: Those of one run, or any others.
            volumeNode: The volume that they lie on.
            maps: What to measure in.
            transformNodes: By quantity of the map: the node under which the anatomical volume lies over the map, as
                :func:`MuscleSegLib.slicer.transforms.transformNodeFromTransform` makes it of a registration.
            exclusions, erosionMm, pseudonym, scanDate: See :class:`MuscleSegLib.biomarkers.repeated.RepeatedMeasures`.
            chartMeasure: What the chart shows.
        """
        self._segmentationNodes = tuple(segmentationNodes)
        self._volumeNode = volumeNode
        self._observations: list[tuple[slicer.vtkSegmentation, int]] = []
        transforms = {
            one.quantity: transformFromTransformNode(transformNodes[one.quantity], one.image)
            for one in maps
            if transformNodes and one.quantity in transformNodes
        }
        self._repeated = RepeatedMeasures(
            maps,
            transforms=transforms,
            exclusions=exclusions,
            erosion_mm=erosionMm,
            pseudonym=pseudonym,
            scan_date=scanDate,
        )
        scene = volumeNode.GetScene()
        self.tableNode = _add(scene, "vtkMRMLTableNode", "Muscle measures")
        self.profileTableNode = _add(scene, "vtkMRMLTableNode", "Muscle profiles")
        self.chartNode = _add(scene, "vtkMRMLPlotChartNode", "Muscles along the limb")
        self.measurements: Measurements | None = None
        self.measuredAgain: tuple[str, ...] = ()
        self.chartMeasure = chartMeasure

    def refresh(self) -> Measurements:
        """Measure what changed since the last time, and show it.

        Raises:
            InputError: The segmentation is empty, its names are ambiguous, or it does not lie in a map; the nodes stay
                as they were.
        """
        labels = labelledVolumeFromSegmentationNodes(self._segmentationNodes, self._volumeNode)
        measurements = self._repeated.measure(labels)
        if self.chartMeasure not in profileMeasures(measurements):
            raise InputError(
                f"There is no profile of {self.chartMeasure}. Choose one of {', '.join(profileMeasures(measurements))}."
            )
        self.measuredAgain = self._repeated.measured_again
        self.measurements = measurements
        updateTableNode(self.tableNode, measurements)
        updateProfileChart(self.chartNode, self.profileTableNode, measurements, labels, self.chartMeasure)
        return measurements

    def observe(self, whenChanged: Callable[[], object]) -> None:
        """Follow the segmentations, until :meth:`stop`.

        Args:
            whenChanged: Called when a segment was painted, added, removed or renamed, perhaps several times for one
                edit: :meth:`refresh`, or what waits for the end of a brush stroke, refreshes, and says what is wrong.
        """
        self.stop()
        for node in self._segmentationNodes:
            segmentation = node.GetSegmentation()
            for event in _EVENTS:
                tag = segmentation.AddObserver(event, lambda *_: whenChanged())
                self._observations.append((segmentation, tag))

    def stop(self) -> None:
        """Follow the segmentations no longer; the nodes stay in the scene."""
        for segmentation, tag in self._observations:
            segmentation.RemoveObserver(tag)
        self._observations.clear()


def _add(scene: slicer.vtkMRMLScene, className: str, name: str) -> slicer.vtkMRMLNode:
    return scene.AddNewNodeByClass(className, scene.GenerateUniqueName(name))
