"""An in-memory PBX on virtual time: the rooms, phones and callers of the real one, for tests and simulated days."""
