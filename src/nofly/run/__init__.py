"""Runners: where the core meets files, feeds, clocks and people.

``check`` and ``watch`` begin here. What they need has rooms of its own: ``files`` to read and write,
``feeding`` for live feeds, ``judging`` for positions to verdicts, ``leaving`` for zones that must not be
left, ``live`` for the engine of a watch, ``alerting``, ``record``, ``display``, ``outputs``, and ``warnings``
for how good they are.
"""
