"""Transforms as files that ITK, and so Slicer, reads."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.atomic import check_folder, written_atomically
from MuscleSegLib.errors import InputError
from MuscleSegLib.itk_paths import itk_path
from MuscleSegLib.registration.linear_parts import matrix_and_offset

_SUFFIXES = (".h5", ".tfm")
#: A linear transform that scales one direction by this much more than another has no inverse, but for rounding.
_FLAT = 1e6


def check_transform_path(path: str | Path) -> Path:
    """The path, when :func:`write_transform` can write there: worth asking before the long work.

    Raises:
        InputError: The name's ending is none of ours, or the folder does not exist.
    """
    path = Path(path)
    if path.suffix not in _SUFFIXES:
        raise InputError(f"A transform cannot be written as {path.name}. Let the name end in .h5 or .tfm.")
    check_folder(path)
    return path


def write_transform(transform: sitk.Transform, path: str | Path) -> None:
    """Write a transform as ``.h5``, or as text, ``.tfm``; Slicer opens both. A deformation is best kept in ``.h5``.

    In Slicer a transform file is what a *moving* volume is put under to lie over the fixed one.

    Raises:
        InputError: See :func:`check_transform_path`, or the file cannot be written.
    """
    path = check_transform_path(path)
    with written_atomically(path) as unfinished:
        sitk.WriteTransform(transform, itk_path(unfinished))


def read_transform(path: str | Path) -> sitk.Transform:
    """Read a transform of three dimensions from any file that ITK reads.

    Raises:
        InputError: There is no such file, or it holds no such transform, or one that presses the body flat.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no transform file {path}. Check the path.")
    try:
        transform = sitk.ReadTransform(itk_path(path))
    except RuntimeError as error:
        raise InputError(
            f"{path} could not be read as a transform. Give an ITK transform (.h5, .tfm), as Slicer saves it."
        ) from error
    if transform.GetDimension() != 3:
        raise InputError(f"The transform in {path} has {transform.GetDimension()} dimensions, but three are needed.")
    if transform.IsLinear() and np.linalg.cond(matrix_and_offset(transform)[0]) > _FLAT:
        raise InputError(
            f"The transform in {path} presses the whole body flat, so that there is no way back. Was the file edited? "
            "Make it again, or give another."
        )
    return transform
