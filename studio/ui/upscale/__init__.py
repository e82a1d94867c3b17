"""Upscaling in the window: the list of files, the comparison of before and after, the controls."""
