"""What this program is."""

from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from studio.ui.close_button import close_button
from studio.ui.labelled import caption


class About(QDialog):
    """Name, version, paper, licence."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Latent Studio"))
        self.setFixedWidth(400)
        title = QLabel(f"Latent Studio {_version()}")
        title.setProperty("role", "title")
        text = QLabel(
            self.tr(
                "A desktop studio for latent diffusion: paint a map or write a prompt, "
                "and watch the picture appear. Everything happens on this computer."
            )
        )
        text.setWordWrap(True)
        small = caption(
            self.tr(
                "After “High-Resolution Image Synthesis with Latent Diffusion Models”, "
                "arXiv:2112.10752. Apache License 2.0."
            )
        )
        close = close_button(self, self.tr("Close (Esc)"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(title)
        layout.addWidget(text)
        layout.addWidget(small)
        layout.addSpacing(8)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)


def _version() -> str:
    try:
        return version("latent-studio")
    except PackageNotFoundError:
        return ""
