"""A line for whoever watches, who may have gone, or not be reading: nobody waits for them."""

import contextlib
import os
import select

STANDARD_ERROR = 2


def say(text: str) -> None:
    """Write one line to standard error if that takes it now; else it is lost."""
    with contextlib.suppress(OSError, ValueError):
        if select.select([], [STANDARD_ERROR], [], 0)[1]:
            os.write(STANDARD_ERROR, f"hotline: {text}\n".encode())
