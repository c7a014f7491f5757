"""Evidence: packages that anyone can check, and what may be claimed."""
