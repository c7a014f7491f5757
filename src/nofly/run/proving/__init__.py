"""Evidence packages: made of what was recorded, and verified by finding it again."""
