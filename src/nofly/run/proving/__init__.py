"""Evidence packages: made of what was recorded, and verified by finding it again."""

ENDING = ".nofly.zip"
"""Of the file of a package."""
