"""Where alerts go: one file a channel.

A channel tells what was recorded, and nothing else: which alerts there are, in which order and how often they
are tried is decided above it (:mod:`nofly.run.alerting.telling`). It is a plugin of the kind ``nofly.alerts``
(see :mod:`nofly.plugins`). Its module defines ``NAME``, ``OPTIONS`` and ``channel(options, source, clock)``;
a :class:`Channel` has :meth:`~Channel.tell`, which says of a :class:`Notice` what came of it, and gives all
it holds back with :meth:`~Channel.aclose`. A text of a notice may come from an aircraft: whatever it means in
the channel's own language (XML, HTML, a terminal) is escaped there.

An alert may be told twice, where a process was killed between telling and noting that it told: then with the
same key, so that a receiver that keeps keys hears it once.
"""

from nofly.alerts._channel import (
    Channel,
    Condition,
    Notice,
    Outcome,
    Urgency,
    Verdict,
    later,
    never,
    told,
)

__all__ = ["Channel", "Condition", "Notice", "Outcome", "Urgency", "Verdict", "later", "never", "told"]
