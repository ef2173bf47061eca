"""The PBX side: a private Asterisk's configuration, rendered from one frozen value."""
