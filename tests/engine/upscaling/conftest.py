"""One library of models for the tests of a file."""

import pytest

from studio.engine.library import ModelLibrary


@pytest.fixture(scope="module")
def models() -> ModelLibrary:
    return ModelLibrary(device="cpu")
