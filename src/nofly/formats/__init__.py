"""Zone formats: one module a format, bytes to zones and findings. Modules with an underscore are shared parts."""
