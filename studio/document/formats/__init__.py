"""Reading and writing files people exchange."""
