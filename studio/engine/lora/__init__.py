"""LoRA files: low-rank changes of a model's weights, for one job at a time (arXiv:2106.09685)."""
