"""What a pickle would do, looked at before any of it is done."""

import pickletools
from typing import BinaryIO

MAX_OPCODES = 20_000_000
MAX_DEPTH = 200
"""Containers within containers; hashing deeper tuples could overflow the interpreter's stack."""

_REFUSED = {"EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER"}
_MARK = None


class PickleError(ValueError):
    """A pickle is damaged, or made to do harm."""


def checked(stream: BinaryIO) -> bytes:
    """The bytes of the one pickle that begins at the stream's position, which is left behind it.

    PickleError when it is damaged, uses the registry of extensions, claims more memory than it has
    content for, or nests too deeply.
    """
    begin = stream.tell()
    stack: list[int | None] = []
    memo: dict[int, int] = {}
    count = 0
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            count += 1
            if opcode.name in _REFUSED:
                raise PickleError(f"the opcode {opcode.name} has no place in weights")
            if count > MAX_OPCODES:
                raise PickleError("it is too long")
            _follow(opcode, argument, stack, memo, count)
    except PickleError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, UnicodeError) as error:
        raise PickleError(str(error) or "it is damaged") from error
    end = stream.tell()
    stream.seek(begin)
    return stream.read(end - begin)


def _follow(
    opcode: pickletools.OpcodeInfo,
    argument: object,
    stack: list[int | None],
    memo: dict[int, int],
    count: int,
) -> None:
    """Keep the nesting depth of everything on the stack; marks are None."""
    name = opcode.name
    if name == "MARK":
        stack.append(_MARK)
    elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
        place = len(memo) if name == "MEMOIZE" else int(str(argument))
        if place > 4 * count + 256:  # the table would be as long as its largest place
            raise PickleError("its memo is larger than its content")
        memo[place] = stack[-1] or 0
    elif name in ("GET", "BINGET", "LONG_BINGET"):
        stack.append(memo[int(str(argument))])
    elif name == "DUP":
        stack.append(stack[-1])
    elif name == "POP":
        stack.pop()
    else:
        depth = 0
        for _ in range(_popped(opcode, stack)):
            depth = max(depth, (stack.pop() or 0) + 1)
        if depth > MAX_DEPTH:
            raise PickleError("it is nested too deeply")
        stack.extend([depth] * (len(opcode.stack_after) if name != "POP_MARK" else 0))


def _popped(opcode: pickletools.OpcodeInfo, stack: list[int | None]) -> int:
    before = opcode.stack_before
    if pickletools.markobject not in before:
        return len(before)
    marks_at = len(stack) - 1 - stack[::-1].index(_MARK)
    return len(stack) - marks_at + before.index(pickletools.markobject)
