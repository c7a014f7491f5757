"""nofly: declare, watch and prove no-fly zones."""

from nofly import _pure

__version__ = "0.1.0"

_pure.install()
