"""When a volume was scanned: as a person said, else as its DICOM study in the subject hierarchy says."""

from __future__ import annotations

from datetime import date

import slicer

_SCAN_DATE = "MuscleSeg.ScanDate"


def scanDateOf(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> str:
    """The date (ISO); empty where it is not known."""
    said: str | None = volumeNode.GetAttribute(_SCAN_DATE)
    return _studyDate(volumeNode) if said is None else said


def setScanDate(volumeNode: slicer.vtkMRMLScalarVolumeNode, scanDate: str) -> None:
    """Keep with a volume when it was scanned.

    Args:
        volumeNode: The volume.
        scanDate: ISO; empty when it is not known, whatever DICOM says.
    """
    volumeNode.SetAttribute(_SCAN_DATE, scanDate)


def _studyDate(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> str:
    hierarchy = volumeNode.GetScene().GetSubjectHierarchyNode()
    invalid, item = hierarchy.GetInvalidItemID(), hierarchy.GetItemByDataNode(volumeNode)
    name = slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMStudyDateAttributeName()
    while item not in (invalid, hierarchy.GetSceneItemID()):
        try:
            return date.fromisoformat(hierarchy.GetItemAttribute(item, name)).isoformat()
        except ValueError:  # No date here, or none that DICOM knows.
            item = hierarchy.GetItemParent(item)
    return ""
