"""The one model of the engine without torch."""

import time
from types import SimpleNamespace

from studio.contract.events import Loading

MODEL = SimpleNamespace(
    config=SimpleNamespace(
        name="Fake",
        defaults=SimpleNamespace(steps=12, guidance=3.0, sampler="dpmpp_2m", spacing="trailing"),
    )
)


class MissingModelError(Exception):
    sentence = "There is no such model."
    action = "Choose another one."


class ModelLibrary:
    device = SimpleNamespace(title="CPU, 2 threads")

    def get(self, model):
        if model == "missing":
            raise MissingModelError
        yield Loading(what=model, fraction=0.5)
        for _ in range(3000 if model == "slow" else 0):
            time.sleep(0.01)
            yield Loading(what=model, fraction=0.6)
        return MODEL
