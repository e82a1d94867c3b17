"""What the materials are called in the person's language."""

from studio.app.translation import QT_TRANSLATE_NOOP, translated
from studio.contract.materials import Material

# The palette's file holds the names; here they stand for those who translate.
NAMES = (
    QT_TRANSLATE_NOOP("Materials", "Sky"),
    QT_TRANSLATE_NOOP("Materials", "Clouds"),
    QT_TRANSLATE_NOOP("Materials", "Mountain"),
    QT_TRANSLATE_NOOP("Materials", "Hill"),
    QT_TRANSLATE_NOOP("Materials", "Water"),
    QT_TRANSLATE_NOOP("Materials", "Sea"),
    QT_TRANSLATE_NOOP("Materials", "River"),
    QT_TRANSLATE_NOOP("Materials", "Tree"),
    QT_TRANSLATE_NOOP("Materials", "Bush"),
    QT_TRANSLATE_NOOP("Materials", "Grass"),
    QT_TRANSLATE_NOOP("Materials", "Flower"),
    QT_TRANSLATE_NOOP("Materials", "Rock"),
    QT_TRANSLATE_NOOP("Materials", "Stone"),
    QT_TRANSLATE_NOOP("Materials", "Sand"),
    QT_TRANSLATE_NOOP("Materials", "Snow"),
    QT_TRANSLATE_NOOP("Materials", "Dirt"),
    QT_TRANSLATE_NOOP("Materials", "Gravel"),
    QT_TRANSLATE_NOOP("Materials", "Mud"),
    QT_TRANSLATE_NOOP("Materials", "Fog"),
    QT_TRANSLATE_NOOP("Materials", "Road"),
)


def called(material: Material) -> str:
    """The material's name as the window shows it."""
    return translated("Materials", material.name)
