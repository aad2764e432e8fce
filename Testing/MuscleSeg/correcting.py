"""What a person does to a result."""

import slicer


def erase(node, sided, index):
    """Take a muscle out of a slice, as the Segment Editor does."""
    labelmap = node.GetSegmentation().GetLayerDataObject(0, "Binary labelmap")
    voxels = slicer.util.arrayFromSegmentInternalBinaryLabelmap(node, sided.segment_id)
    voxels[index][voxels[index] == node.GetSegmentation().GetSegment(sided.segment_id).GetLabelValue()] = 0
    labelmap.Modified()
