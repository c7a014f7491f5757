"""Zone formats: one module a format, bytes to zones and findings. Shared parts have an underscore."""
