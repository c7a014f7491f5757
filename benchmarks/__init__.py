"""Speed of nofly beside its peers; ``python -m benchmarks --help``."""
