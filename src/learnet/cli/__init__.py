"""The command line: one file a verb, each of which parses, calls one function and prints."""

from learnet.cli.app import main

__all__ = ["main"]
