"""Slicer's light and its dark style, as far as colours go, and pictures of widgets in them."""

from PySide6 import QtCore, QtGui, QtWidgets

#: The colours that ``qSlicerStyle`` and its dark sister set (Base/QTGUI/qSlicer*Style*): the roles that a panel shows.
_LIGHT = {
    "Window": "#ededed",
    "WindowText": "#000000",
    "Base": "#ffffff",
    "AlternateBase": "#f6f6f6",
    "Text": "#000000",
    "Button": "#ededed",
    "ButtonText": "#000000",
    "PlaceholderText": "#5f5f5f",
    "Highlight": "#2f65ad",
    "HighlightedText": "#ffffff",
    "ToolTipBase": "#ffffdc",
    "ToolTipText": "#000000",
}
_DARK = {
    "Window": "#353535",
    "WindowText": "#f0f0f0",
    "Base": "#252525",
    "AlternateBase": "#2e2e2e",
    "Text": "#f0f0f0",
    "Button": "#454545",
    "ButtonText": "#f0f0f0",
    "PlaceholderText": "#b0b0b0",
    "Highlight": "#2a82da",
    "HighlightedText": "#ffffff",
    "ToolTipBase": "#454545",
    "ToolTipText": "#f0f0f0",
}
STYLES = {"light": _LIGHT, "dark": _DARK}
#: The width of Slicer's module panel when nobody changed it, in pixels at 100 %.
PANEL_WIDTH = 500


def apply_style(widget: QtWidgets.QWidget, name: str) -> None:
    """Show a widget and what is in it in one of the styles."""
    palette = QtGui.QPalette()
    for role, colour in STYLES[name].items():
        palette.setColor(getattr(QtGui.QPalette.ColorRole, role), QtGui.QColor(colour))
    for role in ("WindowText", "Text", "ButtonText"):
        palette.setColor(
            QtGui.QPalette.ColorGroup.Disabled, getattr(QtGui.QPalette.ColorRole, role), QtGui.QColor("#808080")
        )
    application = QtWidgets.QApplication.instance()
    application.setStyle("Fusion")
    application.setPalette(palette)
    widget.setPalette(palette)
    QtWidgets.QApplication.processEvents()


def picture_of(widget: QtWidgets.QWidget, scaling: float) -> QtGui.QImage:
    """A widget as a screen with this scaling (1 is 100 %) shows it, as high as it wants to be."""
    widget.show()
    widget.resize(PANEL_WIDTH, max(widget.sizeHint().height(), widget.heightForWidth(PANEL_WIDTH)))
    QtWidgets.QApplication.processEvents()
    widget.resize(PANEL_WIDTH, max(widget.sizeHint().height(), widget.heightForWidth(PANEL_WIDTH)))
    QtWidgets.QApplication.processEvents()
    picture = QtGui.QImage(widget.size() * scaling, QtGui.QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(scaling)
    widget.render(picture, QtCore.QPoint())
    return picture
