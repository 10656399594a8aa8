"""leaklint: finds memory and resource leaks in Python before they ship."""

__version__ = "0.1.0"
