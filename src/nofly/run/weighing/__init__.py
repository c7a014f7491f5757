"""Weighs a zone before it is decided, and reports."""
