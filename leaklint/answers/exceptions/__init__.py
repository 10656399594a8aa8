"""Exceptions and texts: what is kept of them, and what becomes text as a whole."""
