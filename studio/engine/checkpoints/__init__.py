"""Files that others have published: read safely, recognised, and brought to the studio's names."""
