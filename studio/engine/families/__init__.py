"""Model families: how a folder of weights becomes a model, one file each."""

from studio.engine.families.landscape import Landscape

FAMILIES = {"landscape": Landscape}
