"""What ends a command early."""


class CommandError(Exception):
    """The command can't be done; the text says in a sentence why and what to do."""
