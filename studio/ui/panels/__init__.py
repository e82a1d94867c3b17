"""The panels of the rail."""
