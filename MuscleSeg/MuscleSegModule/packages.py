"""The Python packages that Slicer does not bring: found missing, and installed once the user agrees."""

import importlib
import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path
from subprocess import CalledProcessError

import qt
import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import MuscleSegError

#: What each purpose needs beyond what is in Slicer, by the name that is imported: what pip is asked for.
REQUIREMENTS = {
    "segment": {"torch": "torch>=2.2", "safetensors": "safetensors>=0.4"},
    "measure": {
        "highdicom": "highdicom>=0.26",
        "jinja2": "Jinja2",
        "matplotlib": "matplotlib",
        "pandas": "pandas",
        "pydicom": "pydicom>=3",
        "reportlab": "reportlab>=4",
        "scipy": "scipy",
        "skimage": "scikit-image",
    },
}
_TORCH = "torch"


def missingPackages(purpose="segment"):
    """The names of the packages that a purpose (``segment``, ``measure``) needs and this Slicer does not have."""
    importlib.invalidate_caches()
    return [name for name in REQUIREMENTS[purpose] if importlib.util.find_spec(name) is None]


def ensurePackages(purpose="segment"):
    """Install what is missing, when the user agrees: PyTorch by the extension for it where there is one, else by pip.

    Returns:
        Whether everything is there now; False when the user declined.

    Raises:
        MuscleSegError: It could not be installed; the text says what to copy where without an internet connection.
    """
    missing = missingPackages(purpose)
    if not missing:
        return True
    if not slicer.util.confirmOkCancelDisplay(_question(missing), windowTitle=_("MuscleSeg")):
        return False
    requirements = {name: REQUIREMENTS[purpose][name] for name in missing}
    wheels = wheelsFolder()
    try:
        if _hasWheels(wheels):
            with _progressShown(missing):
                slicer.util.pip_install(["--no-index", "--find-links", str(wheels), *requirements.values()])
        else:
            _download(requirements)
    except (CalledProcessError, RuntimeError) as error:
        raise MuscleSegError(_withoutConnection(requirements.values(), wheels)) from error
    missing = missingPackages(purpose)
    if missing:
        raise MuscleSegError(
            _("{packages} cannot be found after the installation. Restart Slicer and try again.").format(
                packages=", ".join(missing)
            )
        )
    return True


def wheelsFolder():
    """Where packages (``.whl``) are looked for before the internet is: ``~/.muscleseg/packages``."""
    return Path.home() / ".muscleseg" / "packages"


def _hasWheels(folder):
    return folder.is_dir() and any(folder.glob("*.whl"))


def _download(requirements):
    others = dict(requirements)
    torchLogic = _torchLogic() if _TORCH in requirements else None
    if torchLogic is not None:
        version = others.pop(_TORCH).removeprefix(_TORCH)
        with _progressShown([_TORCH]):
            torchLogic.installTorch(askConfirmation=False, torchVersionRequirement=version)
    if not others:
        return
    if importlib.util.find_spec("slicer.packaging") is not None:
        # Newer than Slicer 5.10; shows its own progress, and says when Slicer has to be restarted.
        importlib.import_module("slicer.packaging").pip_ensure(
            list(others.values()), prompt_install=False, requester=_("MuscleSeg")
        )
    else:
        with _progressShown(others):
            slicer.util.pip_install(list(others.values()))


def _torchLogic():
    """The PyTorch extension, which knows the build of PyTorch that fits the graphics card; None without it."""
    if importlib.util.find_spec("PyTorchUtils") is None:
        return None
    return importlib.import_module("PyTorchUtils").PyTorchUtilsLogic()


def _question(missing):
    lines = [
        _("MuscleSeg needs Python packages that Slicer does not bring: {packages}.").format(
            packages=", ".join(missing)
        ),
        _("Install them now? This happens once, and may take some minutes."),
    ]
    if _hasWheels(wheelsFolder()):
        lines.append(_("They are taken from {folder}.").format(folder=wheelsFolder()))
    elif _TORCH in missing:
        lines.append(_("PyTorch is large: up to 3 GB are downloaded."))
        if importlib.util.find_spec("PyTorchUtils") is None:
            lines.append(
                _("To have it chosen for your graphics card, cancel, and install the extension “PyTorch” first.")
            )
    return "\n\n".join(lines)


def _withoutConnection(requirements, wheels):
    return _(
        "The packages could not be installed; what went wrong is in the Python Console. Is there a connection to the "
        "internet?\n\nWithout one: on a connected computer with the same operating system and Python {python}, run\n\n"
        "    python -m pip download --dest packages {requirements}\n\n"
        "then copy the files from its folder “packages” to {folder} on this computer, and try again."
    ).format(
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        requirements=" ".join(f'"{requirement}"' for requirement in requirements),
        folder=wheels,
    )


@contextmanager
def _progressShown(packages):
    """A dialog that says what is being installed; how long it takes is not known."""
    dialog = slicer.util.createProgressDialog(
        labelText=_("Installing {packages} …").format(packages=", ".join(packages)),
        windowTitle=_("MuscleSeg"),
        windowModality=qt.Qt.ApplicationModal,
        maximum=0,
    )
    dialog.setCancelButton(None)
    slicer.app.processEvents()
    try:
        yield
    finally:
        dialog.close()
        dialog.deleteLater()  # Else the main window keeps it.
