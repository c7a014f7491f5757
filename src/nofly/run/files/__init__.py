"""Files in and out: opened within bounds, their format found, read in order, written whole or not at all."""
