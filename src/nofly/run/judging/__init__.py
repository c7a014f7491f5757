"""From ordered positions to stays and verdicts, recorded or live."""
