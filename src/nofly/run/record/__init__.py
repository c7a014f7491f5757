"""The record of a watch as people ask for it: incidents, exports, proof, and the archive beside it."""
