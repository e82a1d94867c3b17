"""Procedural worlds: the pictures, maps and captions the bundled models learn from; never Qt."""
