import subprocess
import sys

import numpy as np
import pytest

import studio
from studio.contract.events import Finished, Produced
from studio.engine.model_error import ModelError
from tests.tiny_model import write_tiny_model


def test_a_picture_in_two_lines(tmp_path):
    paint = studio.load(write_tiny_model(tmp_path / "tiny"), device="cpu")
    size = studio.Size(64, 64)
    picture = paint(prompt="a lake", size=size, seed=3)
    assert picture.shape == (64, 64, 3)
    assert paint.config.name == "Tiny"
    *_, produced, finished = paint.events(prompt="a lake", size=size, seed=3)
    assert isinstance(produced, Produced)
    assert isinstance(finished, Finished)
    assert np.array_equal(produced.pixels, picture)
    request = studio.GenerateRequest(prompt="a lake", size=size, seed=3)
    *_, produced, finished = studio.generate(request, paint)
    assert np.array_equal(produced.pixels, picture)


def test_trouble_is_raised_as_a_sentence(tmp_path):
    with pytest.raises(ModelError, match="no model"):
        studio.load(tmp_path / "nothing", device="cpu")
    with pytest.raises(ModelError, match="no device “abacus”"):
        studio.load(write_tiny_model(tmp_path / "tiny"), device="abacus")
    with pytest.raises(AttributeError, match="paint"):
        studio.paint  # noqa: B018


def test_importing_studio_imports_neither_torch_nor_qt():
    code = (
        "import sys, studio\n"
        "assert 'generate' in studio.__all__\n"
        "studio.GenerateRequest(prompt='a lake')\n"
        "assert not {'torch', 'PySide6', 'tokenizers'} & set(sys.modules)\n"
        "studio.generate, studio.ModelLibrary, studio.load\n"
        "assert 'torch' in sys.modules\n"
        "assert not {'PySide6', 'qasync', 'torch._dynamo'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
