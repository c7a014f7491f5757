"""Coverage: what was received, and what follows of what could have been."""
