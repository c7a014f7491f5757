"""nofly: declare, watch and prove no-fly zones."""

__version__ = "0.1.0"
