"""A QApplication for tests of widgets."""

import pytest
from PySide6.QtWidgets import QApplication


@pytest.fixture(scope="session")
def application() -> QApplication:
    return QApplication.instance() or QApplication(["test"])
