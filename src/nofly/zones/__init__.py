"""Zones: what is declared, when it holds, and for whom."""
