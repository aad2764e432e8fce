import numpy as np
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from MuscleSegLib.segmentation.components import find_pieces

small_maps = arrays(np.uint8, st.tuples(*[st.integers(1, 7)] * 3), elements=st.integers(0, 2))


def image_of(runs) -> np.ndarray:
    pieces = np.empty(runs.shape, int)
    pieces.ravel()[:] = np.repeat(runs.pieces, runs.lengths)
    return pieces


@settings(deadline=None)
@given(small_maps, st.booleans())
def test_pieces_are_those_of_simpleitk(labels, across_slices):
    runs = find_pieces(labels, across_slices=across_slices)
    found = image_of(runs)
    sizes, piece_labels, boxes = runs.sizes(), runs.piece_labels(), runs.boxes()
    count = 0
    for label in np.unique(labels):
        stacks = [labels == label] if across_slices else [(labels == label)[k : k + 1] for k in range(len(labels))]
        for n, mask in enumerate(stacks):
            expected = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8))))
            for number in range(1, expected.max() + 1):
                where = np.argwhere(expected == number) + np.array([n, 0, 0])
                (piece,) = np.unique(found[tuple(where.T)])
                assert sizes[piece] == len(where)
                assert piece_labels[piece] == label
                np.testing.assert_array_equal(boxes[piece][::2], where.min(0))
                np.testing.assert_array_equal(boxes[piece][1::2], where.max(0) + 1)
                count += 1
    assert count == runs.count


@settings(deadline=None)
@given(small_maps)
def test_the_voxels_of_chosen_pieces(labels):
    runs = find_pieces(labels, across_slices=True)
    chosen = np.arange(runs.count) % 2 == 0
    np.testing.assert_array_equal(runs.voxels(chosen), np.flatnonzero(chosen[image_of(runs)]))
