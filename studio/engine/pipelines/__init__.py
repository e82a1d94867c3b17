"""Pipelines of diffusers (SDXL, SD3, Flux, ...), run by that library where it is installed."""
