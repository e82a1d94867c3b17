"""Training and evaluation of the bundled models; never Qt."""
