"""The life of a call: core, PBX, store, runtime."""
