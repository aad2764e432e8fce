"""The commands of ``muscleseg``, one file each.

A command is a module with ``HELP`` (a line), ``add_arguments(parser)`` and ``run(arguments)``. It imports what it needs
when it runs, so that ``muscleseg --help`` is quick.
"""
