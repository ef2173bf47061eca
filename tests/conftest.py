"""What all tests share."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _set_the_log_back() -> Iterator[None]:
    """A test may set the log up, also without meaning to; the next one must hear what is said."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
