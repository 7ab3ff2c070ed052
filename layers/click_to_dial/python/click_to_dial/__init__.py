"""Decides for jtel whether a call may be placed and which number the called party sees."""
