"""The session's Asterisk, for the tests that want a real one."""

from tests.acceptance.asterisk_fixture import asterisk

__all__ = ["asterisk"]
