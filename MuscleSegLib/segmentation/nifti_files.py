"""What ITK does not say of a NIfTI file: that it is incomplete, or that its header holds no geometry.

ITK fills up what a file lacks, does not compare checksums, and does not return from an orientation that is no number.
The layout is that of ``nifti1.h`` (https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h).
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

from MuscleSegLib.errors import InputError

_HEADER_BYTES = 348
#: Of a header with its voxels in the same file; others are left to ITK.
_MAGIC = b"n+1\0"
_GZIP = b"\x1f\x8b"
_CHUNK_BYTES = 2**20


def check_nifti(path: Path) -> None:
    """Refuse a NIfTI-1 file that is incomplete, damaged or without a geometry; any other file is left alone.

    Raises:
        InputError: The text says which of these it is.
    """
    with path.open("rb") as file:
        compressed = file.read(len(_GZIP)) == _GZIP
    try:
        with gzip.open(path) if compressed else path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
            if len(header) < _HEADER_BYTES or header[344:348] != _MAGIC:
                return
            order = "<" if struct.unpack_from("<i", header)[0] == _HEADER_BYTES else ">"
            _refuse_without_geometry(path, header, order)
            there = _HEADER_BYTES
            if not compressed:
                there = path.stat().st_size
            while compressed and (chunk := file.read(_CHUNK_BYTES)):
                there += len(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is incomplete or damaged. Copy or export it again.") from error
    if there < _bytes_needed(header, order):
        raise InputError(f"{path} ends before its last voxel. Copy or export it again.")


def _refuse_without_geometry(path: Path, header: bytes, order: str) -> None:
    spacing = struct.unpack_from(f"{order}3f", header, 80)
    orientation = struct.unpack_from(f"{order}18f", header, 256)
    if not all(map(math.isfinite, (*spacing, *orientation))) or 0 in spacing:
        raise InputError(
            f"The header of {path} does not say how large its voxels are and where they lie. Export the image again."
        )


def _bytes_needed(header: bytes, order: str) -> int:
    count, *sizes = struct.unpack_from(f"{order}8h", header, 40)
    (bits,) = struct.unpack_from(f"{order}h", header, 72)
    (offset,) = struct.unpack_from(f"{order}f", header, 108)
    return int(offset) + math.prod(max(size, 1) for size in sizes[: max(count, 0)]) * bits // 8
