"""What is wrong with a published file."""

from studio.engine.weights import WeightsError


class CheckpointError(WeightsError):
    """A checkpoint cannot be used; the text is a sentence that names the file and the reason."""
