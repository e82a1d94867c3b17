"""The page of models: list, details, downloads."""
