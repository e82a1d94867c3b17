"""The button that ends a dialog."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QDialog, QPushButton


def close_button(dialog: QDialog, tooltip: str) -> QPushButton:
    """A button "Close" that accepts the dialog."""
    button = QPushButton(QCoreApplication.translate("CloseButton", "Close"))
    button.setAccessibleName(button.text())
    button.setToolTip(tooltip)
    button.clicked.connect(dialog.accept)
    return button
