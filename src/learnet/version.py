"""The version of learnet."""

__version__ = "0.1.0"
