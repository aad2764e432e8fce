"""How the segmented volume lies over each map: the transform, how good it is, and what it looks like."""

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError
from MuscleSegLib.slicer.derivation import isMade, isMadeFrom
from MuscleSegLib.slicer.results import resultOf, volumeOf
from MuscleSegModule.bindings import NodeSelector
from MuscleSegModule.error_dialogs import errorsShown
from MuscleSegModule.measure_nodes import qualityOf, registrationInputs
from MuscleSegModule.overlay import Overlay

_QUANTITIES = ("FF", "T2", "MTR")


class Alignment:
    """The fields of all maps.

    Args:
        ui: The panel's widgets.
    """

    def __init__(self, ui):
        self._ui = ui
        self._parameters = None
        self._maps = {}
        self._overlay = Overlay()
        #: What shows, and sets, the choices of these fields.
        self.controls = {
            f"{quantity.lower()}Transform": NodeSelector(self._widget(quantity, "TransformSelector"))
            for quantity in _QUANTITIES
        }
        for quantity in _QUANTITIES:
            self._widget(quantity, "ShowButton").connect(
                "clicked(bool)", lambda checked, quantity=quantity: self._onShow(quantity, checked)
            )

    def update(self, parameters, sources):
        """Show what there is for the maps that are chosen.

        Args:
            parameters: The choices of the scene; None while it is closed.
            sources: What the maps are made of.
        """
        self._parameters = parameters
        try:
            self._maps = {one.quantity: one for one in sources.maps} if parameters is not None else {}
        except InputError:  # One of a pair is still to be chosen.
            self._maps = {}
        for quantity in _QUANTITIES:
            one = self._maps.get(quantity)
            self._widget(quantity, "TransformWidget").visible = one is not None
            if one is not None:
                self._dropOfOthers(one)
                self._describe(one)

    def hide(self):
        """Show no muscles over a map any more."""
        self._overlay.hide()
        self._ui.segmentEditor.autoShowSourceVolumeNode = True
        for quantity in _QUANTITIES:
            self._widget(quantity, "ShowButton").checked = False

    def _widget(self, quantity, name):
        return getattr(self._ui, quantity.lower() + name)

    def _dropOfOthers(self, one):
        """Take the transform that was found for this volume and map, where the one chosen was found for others."""
        segmentation, node = self._parameters.segmentation, one.transformNode
        if segmentation is None or one.fixedNode is None or node is None or not isMade(node):
            return
        inputs = registrationInputs(volumeOf(segmentation), one)
        if None in inputs.values() or isMadeFrom(node, inputs):
            return
        made = slicer.util.getNodesByClass("vtkMRMLTransformNode")
        one.transformNode = next((other for other in made if isMade(other) and isMadeFrom(other, inputs)), None)
        setattr(self._parameters, f"{one.quantity.lower()}Transform", one.transformNode)

    def _describe(self, one):
        quality = qualityOf(one.transformNode) if one.transformNode is not None else None
        label = self._widget(one.quantity, "QualityLabel")
        label.text = "\n".join(limbTitle(limb) for limb in quality["limbs"]) if quality is not None else ""
        label.visible = quality is not None
        button = self._widget(one.quantity, "ShowButton")
        button.enabled = None not in (one.node, one.transformNode, self._parameters.segmentation)
        button.toolTip = (
            _("Show the volume and the outlines of its muscles over the map. Press again to go back.")
            if button.enabled
            else _("There is nothing to show yet: register and measure, or choose a transform.")
        )

    def _onShow(self, quantity, checked):
        self.hide()
        if checked:
            with errorsShown():
                one = self._maps[quantity]
                self._overlay.show(resultOf(self._parameters.segmentation), one.node, one.transformNode)
                # Else the editor puts its own volume under the outlines when the layout changes.
                self._ui.segmentEditor.autoShowSourceVolumeNode = False
                self._widget(quantity, "ShowButton").checked = True


def limbTitle(limb):
    """How a limb was registered, in a sentence."""
    if limb["largest_displacement_mm"] == 0:
        sentence = _("{side} limb: left where the scanner says; outlines overlap by {after:.0%}.")
    else:
        sentence = _("{side} limb: moved by up to {mm:.1f} mm; outlines overlap by {after:.0%} (before {before:.0%}).")
    return sentence.format(
        side={"right": _("Right"), "left": _("Left")}[limb["side"]],
        mm=limb["largest_displacement_mm"],
        before=limb["before"]["overlap_dsc"],
        after=limb["after"]["overlap_dsc"],
    )
