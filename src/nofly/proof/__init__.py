"""Evidence that others can check: packages, coverage and claims."""
