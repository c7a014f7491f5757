"""Claims: their files and words, and whether tracks and possible paths bear them out."""
