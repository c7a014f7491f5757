"""Absences from zones that must not be left, recorded and live."""
