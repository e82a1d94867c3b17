"""Model families: how a folder or file becomes a model."""
