"""The picture being worked on: label map, brushes, history, formats; numpy, no Qt, no torch."""
