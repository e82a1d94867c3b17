"""What steers a generation: text, label maps, classes, pictures."""
