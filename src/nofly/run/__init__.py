"""Runners: where the core meets files, feeds, clocks and people.

``check`` and ``watch`` begin here, with what they share in rooms of its own: ``files`` to read and write,
``feeding`` for live feeds, ``judging`` for positions to verdicts, ``leaving`` for zones that must not be left,
``live`` for the engine of a watch, ``alerting``, ``record``, ``display``, ``outputs``, and ``warnings`` for how
good warnings are.
"""
