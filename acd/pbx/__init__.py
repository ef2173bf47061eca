"""The PBX port and its implementations."""
