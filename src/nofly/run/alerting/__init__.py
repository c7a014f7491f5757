"""Alerts: to which channel they go, in which words, what is tried when, and what came of it."""
