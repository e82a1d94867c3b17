"""The kinds of objects that layout-to-image models were trained on, in their order.

As the data set of CompVis/taming-transformers numbers them (annotated_objects_dataset.py and
open_images_helper.py, commit 3ba01b24): the 300 most frequent kinds of Open Images and those that
COCO has, without what another stands for, in the order of their identifiers, suitcases last.
"""

from studio.contract.places import RESOURCES

KINDS = tuple((RESOURCES / "palette" / "open-images.txt").read_text(encoding="utf-8").splitlines())
"""The name of each number."""

MOST_BOXES = 30
"""How many boxes the published model takes at once."""
