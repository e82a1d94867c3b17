"""The models of the engine without torch."""

from studio.contract.events import Loading


class ModelLibrary:
    def preload(self, model):
        if model == "missing":
            raise FileNotFoundError("There is no model “missing”.")
        yield Loading(what=model, fraction=0.5)

    def describe(self, model):
        return {
            "device": "CPU, 2 threads",
            "steps": 12,
            "guidance": 3.0,
            "sampler": "dpmpp_2m",
            "spacing": "trailing",
        }
