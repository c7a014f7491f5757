"""Requests and answers: one file a subject, each with its ``router``."""
