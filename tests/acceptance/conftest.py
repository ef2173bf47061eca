"""One private Asterisk for all acceptance tests of a run."""

from tests.acceptance.asterisk_fixture import asterisk

__all__ = ["asterisk"]
