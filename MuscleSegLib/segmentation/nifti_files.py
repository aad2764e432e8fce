"""What ITK does not say of a NIfTI file: hidden by another, incomplete, without a geometry, voxels without a number.

ITK fills up what a file lacks, does not compare checksums, and does not return from an orientation that is no number.
ITK 5, on which SimpleITK 2.5 and Slicer 5.10 are built, reads NaN and infinity as 0; ITK 6 keeps them
(InsightSoftwareConsortium/ITK pull request 6683): a voxel that could not be fitted would become one whose T2 is 0 ms.
The layout is that of ``nifti1.h`` (https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h).
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEADER_BYTES = 348
#: Of a header with its voxels in the same file, or in one of its own.
_SINGLE, _PAIR = b"n+1\0", b"ni1\0"
#: How the names of a pair end: voxels, header.
_PAIR_ENDINGS = ((".img.gz", ".hdr.gz"), (".img.gz", ".hdr"), (".img", ".hdr"))
_GZIP = b"\x1f\x8b"
_CHUNK_BYTES = 2**20
#: Where a header says in two ways along what an axis runs, they may differ by this cosine: programs take either.
_ALIKE = 0.7
#: Types of voxel that may be no number, by NIfTI's code.
_FLOATS = {16: "f4", 64: "f8"}


def check_not_hidden(path: Path) -> None:
    """Refuse ``name.nii.gz`` beside ``name.nii``: ITK takes the header of the one, but the voxels of the other.

    Raises:
        InputError: That is so.
    """
    unpacked = path.with_suffix("")
    if path.suffix == ".gz" and unpacked.is_file():
        raise InputError(
            f"{unpacked.name} lies beside {path.name}, and programs that open one show the voxels of the other. "
            "Rename or move one of them."
        )


def voxels_without_number(path: Path) -> NDArray[np.bool_] | None:
    """Where a NIfTI-1 file, or a pair of files, holds NaN or infinity; it is read to its end, where its checksum is.

    Returns:
        One truth value for each number, in the order of the file; None where all are numbers, or in a file of another
        format.

    Raises:
        InputError: The file is hidden, incomplete, damaged or without a geometry; the text says which of these it is.
    """
    check_not_hidden(path)
    header_path, voxels_path = _parts(path)
    if not (header_path.is_file() and voxels_path.is_file()):
        return None  # ITK says so
    try:
        with _opened(header_path) as file:
            header = file.read(_HEADER_BYTES)
        if not _is_nifti(header):
            if _is_analyze(header_path, header):
                raise InputError(
                    f"{path} is an Analyze file, which does not say what is right or left. Export the image again, as "
                    "DICOM or NIfTI."
                )
            return None
        _refuse_without_geometry(path, header, _byte_order(header))
        with _opened(voxels_path) as file:
            missing = _not_finite(file, header)
            if _is_compressed(voxels_path):
                there = file.tell() + sum(map(len, iter(lambda: file.read(_CHUNK_BYTES), b"")))
            else:
                there = voxels_path.stat().st_size
            if there < _bytes_needed(header):
                raise EOFError
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is incomplete or damaged. Copy or export it again.") from error
    return missing


def _not_finite(file: IO[bytes], header: bytes) -> NDArray[np.bool_] | None:
    """Read on from the header, in a file whose voxels may be no number, and say which are none.

    Raises:
        EOFError: It ends before its last voxel.
    """
    order = _byte_order(header)
    (code,) = struct.unpack_from(f"{order}h", header, 70)
    if code not in _FLOATS:
        return None
    element = np.dtype(order + _FLOATS[code])
    file.seek(_offset(header))
    parts = []
    left = math.prod(_sizes(header)) * element.itemsize
    while left > 0:
        content = file.read(min(left, _CHUNK_BYTES))
        if not content or len(content) % element.itemsize:
            raise EOFError
        parts.append(~np.isfinite(np.frombuffer(content, element)))
        left -= len(content)
    return np.concatenate(parts) if any(part.any() for part in parts) else None


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if _is_compressed(path) else path.open("rb")


def _parts(path: Path) -> tuple[Path, Path]:
    """The files that hold the header and the voxels: one, or a pair of which either may be named."""
    for ending, of_header in _PAIR_ENDINGS:
        if path.name.endswith(ending):
            header_path = path.with_name(path.name.removesuffix(ending) + of_header)
            if header_path.is_file():
                return header_path, path
    for ending, of_header in _PAIR_ENDINGS:
        if path.name.endswith(of_header):
            voxels_path = path.with_name(path.name.removesuffix(of_header) + ending)
            if voxels_path.is_file():
                return path, voxels_path
    return path, path


def _is_nifti(header: bytes) -> bool:
    return len(header) == _HEADER_BYTES and header[344:348] in (_SINGLE, _PAIR)


def _is_analyze(header_path: Path, header: bytes) -> bool:
    sizes = (struct.unpack_from(f"{order}i", header)[0] for order in "<>") if len(header) == _HEADER_BYTES else ()
    return _HEADER_BYTES in sizes and header_path.name.endswith((".hdr", ".hdr.gz"))


def _byte_order(header: bytes) -> str:
    return "<" if struct.unpack_from("<i", header)[0] == _HEADER_BYTES else ">"


def _refuse_without_geometry(path: Path, header: bytes, order: str) -> None:
    spacing = struct.unpack_from(f"{order}3f", header, 80)
    orientation = struct.unpack_from(f"{order}18f", header, 256)
    codes = struct.unpack_from(f"{order}2h", header, 252)
    if not all(map(math.isfinite, (*spacing, *orientation))) or min(spacing) <= 0 or not any(codes):
        raise InputError(
            f"The header of {path} does not say how large its voxels are and where they lie. Export the image again."
        )
    if all(codes) and (_axes_of_qform(header, order) * _axes_of_sform(header, order)).sum(0).min() < _ALIKE:
        raise InputError(
            f"The header of {path} says in two ways where its voxels lie (qform and sform), and they do not agree on "
            "what is right or left, front or back, above or below. Export the image again."
        )


def _axes_of_qform(header: bytes, order: str) -> NDArray[np.float64]:
    """(3, 3) direction of each stored axis in a column."""
    b, c, d = struct.unpack_from(f"{order}3f", header, 256)
    a = math.sqrt(max(0.0, 1 - b * b - c * c - d * d))
    (handedness,) = struct.unpack_from(f"{order}f", header, 76)
    axes = np.reshape(sitk.VersorTransform((b, c, d, a)).GetMatrix(), (3, 3))
    return axes * (1, 1, -1 if handedness < 0 else 1)


def _axes_of_sform(header: bytes, order: str) -> NDArray[np.float64]:
    """As :func:`_axes_of_qform`."""
    axes = np.reshape(struct.unpack_from(f"{order}12f", header, 280), (3, 4))[:, :3]
    return axes / np.maximum(np.linalg.norm(axes, axis=0), np.finfo(float).tiny)


def _bytes_needed(header: bytes) -> int:
    (bits,) = struct.unpack_from(f"{_byte_order(header)}h", header, 72)
    return _offset(header) + math.prod(_sizes(header)) * bits // 8


def _offset(header: bytes) -> int:
    (offset,) = struct.unpack_from(f"{_byte_order(header)}f", header, 108)
    return int(offset)


def _sizes(header: bytes) -> list[int]:
    count, *sizes = struct.unpack_from(f"{_byte_order(header)}8h", header, 40)
    return [max(size, 1) for size in sizes[: max(count, 0)]]
