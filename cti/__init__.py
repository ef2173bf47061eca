"""Desktops and supervisors: the HTTP API now, the agents' web desktop later. Imports the core, never the PBX."""
