"""Decide for jtel whether a call may be placed and which number the called party sees."""

__version__ = "0.1.0"
