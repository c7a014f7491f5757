"""Packages: canonical JSON, the container, custody, signatures, time stamps, and what verifying says."""
