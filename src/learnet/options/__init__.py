"""The options of every workflow, each declared once; importing it loads neither NumPy nor a backend.

``schema`` turns a declaration into a command line, a Python signature, ``run.json``, the command that repeats a run and
a JSON Schema. ``common`` and ``training`` hold what several workflows share; every other file is one workflow's.
"""
