import pytest
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.registration import read_transform, write_transform
from Testing.registration.phantoms import grid, motion

POINT = (10.0, -20.0, 15.0)


def deformation() -> sitk.Transform:
    spline = sitk.BSplineTransformInitializer(grid(), [2, 2, 2], 3)
    spline.SetParameters([0.01 * k for k in range(len(spline.GetParameters()))])
    return sitk.CompositeTransform([sitk.Transform(motion((1.0, 2.0, 3.0), (0.1, 0.0, 0.2))), sitk.Transform(spline)])


@pytest.mark.parametrize("name", ["transform.h5", "transform.tfm"])
@pytest.mark.parametrize("make", [deformation, lambda: motion((1.0, 2.0, 3.0), (0.1, 0.2, 0.3))])
def test_a_transform_is_read_as_it_was_written(tmp_path, name, make):
    transform = make()
    write_transform(transform, tmp_path / name)
    assert read_transform(tmp_path / name).TransformPoint(POINT) == pytest.approx(transform.TransformPoint(POINT))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.h5 or \.tfm"):
        write_transform(motion(), tmp_path / "transform.txt")


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        write_transform(motion(), tmp_path / "nowhere" / "transform.h5")


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="no transform file"):
        read_transform(tmp_path / "transform.h5")


@pytest.mark.parametrize("content", [b"", b"not a transform"])
def test_what_is_no_transform_is_said(tmp_path, content):
    path = tmp_path / "transform.tfm"
    path.write_bytes(content)
    with pytest.raises(InputError, match="could not be read as a transform"):
        read_transform(path)


def flat(thickness: float) -> sitk.Transform:
    made = sitk.AffineTransform(3)
    made.SetMatrix((1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, thickness))
    return sitk.CompositeTransform([sitk.Transform(motion((1.0, 2.0, 3.0))), sitk.Transform(made)])


@pytest.mark.parametrize("thickness", [0.0, 1e-9])
def test_a_transform_that_presses_the_body_flat_is_refused(tmp_path, thickness):
    path = tmp_path / "flat.tfm"
    sitk.WriteTransform(flat(thickness), str(path))
    with pytest.raises(InputError, match="no way back"):
        read_transform(path)


def test_a_transform_that_scales_is_read(tmp_path):
    path = tmp_path / "scaled.tfm"
    sitk.WriteTransform(flat(0.5), str(path))
    assert read_transform(path).TransformPoint((0.0, 0.0, 2.0)) == pytest.approx((1.0, 2.0, 4.0))


def test_a_transform_of_the_plane_is_refused(tmp_path):
    path = tmp_path / "plane.tfm"
    sitk.WriteTransform(sitk.Euler2DTransform(), str(path))
    with pytest.raises(InputError, match="three are needed"):
        read_transform(path)
