"""Asterisk behind the PBX port: the AMI link and what speaks through it."""
