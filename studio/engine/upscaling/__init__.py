"""Latent-diffusion super-resolution (arXiv:2112.10752 section 4.4), tile by tile, row by row."""
