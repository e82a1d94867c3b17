"""Pictures of any kind as arrays with all that belongs to them, and back; no torch, no Qt."""
