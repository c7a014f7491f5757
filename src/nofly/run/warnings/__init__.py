"""How good warnings are, measured over recorded traffic."""
