"""PRV9xx: the rest."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry

UNEXPECTED = entry(
    "PRV900",
    "unexpected",
    Exit.FAILED,
    "something went wrong that this program did not foresee",
    "A defect in the program.",
    "Please report it with the file that the message names; it holds no secret.",
)
INTERRUPTED = entry(
    "PRV901",
    "interrupted",
    Exit.INTERRUPTED,
    "interrupted",
    "Ctrl-C was pressed.",
    "Run again: the next run finds out what was done and goes on from there.",
)
DISK = entry(
    "PRV902",
    "disk",
    Exit.FAILED,
    "a file of the program could not be written",
    "The disk is full, or the folder may not be written to.",
    "Make room, or run in a folder that you may write to.",
)
