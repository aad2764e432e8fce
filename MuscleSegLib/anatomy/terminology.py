"""Codes of the DICOM and SNOMED CT terminology, and the string in which Slicer keeps them with a segment."""

CATEGORY = ("SCT", "123037004", "Anatomical Structure")
#: What a muscle is called when no code of its own could be verified.
GENERIC_MUSCLE = ("127954009", "Skeletal muscle")
LATERALITY = {"right": ("SCT", "24028007", "Right"), "left": ("SCT", "7771000", "Left")}

_CONTEXT = "Segmentation category and type - 3D Slicer General Anatomy list"
_REGION_CONTEXT = "Anatomic codes - DICOM master list"
_NOTHING = ("", "", "")


def code_or_generic(code: str, meaning: str) -> tuple[str, str]:
    """The SNOMED CT code and meaning given, or those of skeletal muscle when the code is empty."""
    return (code, meaning) if code else GENERIC_MUSCLE


def slicer_terminology(snomed_code: str, snomed_meaning: str, side: str) -> str:
    """The terminology entry of a segment as Slicer serialises it.

    Args:
        snomed_code: SNOMED CT code of the structure.
        snomed_meaning: Its name in the terminology.
        side: ``right`` or ``left``.

    Returns:
        Context name, category, type, type modifier, region context name, region and region modifier, joined by ``~``;
        each code as ``scheme^value^meaning`` (``vtkSlicerTerminologiesModuleLogic::SerializeTerminologyEntry``).
    """
    category, kind, modifier, nothing = (
        "^".join(code) for code in (CATEGORY, ("SCT", snomed_code, snomed_meaning), LATERALITY[side], _NOTHING)
    )
    return "~".join((_CONTEXT, category, kind, modifier, _REGION_CONTEXT, nothing, nothing))
