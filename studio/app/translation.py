"""Texts in tables: marked where they stand, translated when they are shown."""

from PySide6.QtCore import QCoreApplication


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:
    """``text`` itself; the name is the one by which Qt's lupdate finds what to translate."""
    del context
    return text


def translated(context: str, text: str) -> str:
    """``text`` in the person's language."""
    return QCoreApplication.translate(context, text) if text else ""
