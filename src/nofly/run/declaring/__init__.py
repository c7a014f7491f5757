"""Zones declared here, and not in a file that somebody else keeps: proposed, put in force, withdrawn."""
