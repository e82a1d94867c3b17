"""What steers a denoiser, one file per kind; CONDITIONS has them by a model's capability."""

from studio.engine.conditioning.label_map import MapCondition
from studio.engine.conditioning.text import TextCondition

CONDITIONS: dict[str, type[TextCondition] | type[MapCondition]] = {
    "text": TextCondition,
    "map": MapCondition,
}
