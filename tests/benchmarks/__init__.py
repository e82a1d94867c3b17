"""How fast this machine paints, beside the goals: ``make bench``."""
