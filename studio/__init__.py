"""Latent Studio: a desktop studio for latent diffusion (arXiv:2112.10752)."""
