"""What it comes to in money: by the user's own prices, and by nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nofly.errors import ConfigError
from nofly.whatif.effect import Effect, Hit, Spread, spread

UNITS = {"flight": "a flight inside", "hour": "an hour flown inside", "km": "a kilometre flown inside"}
"""What may have a price, and what that price is of."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by what they are of (:data:`UNITS`), in one currency."""

    of: Mapping[str, float] = field(default_factory=dict)
    currency: str = ""

    def cost(self, hit: Hit) -> float:
        """Return what one flight comes to."""
        quantities = {"flight": 1.0, "hour": hit.inside_s / 3600.0, "km": hit.inside_m / 1000.0}
        return sum(price * quantities[name] for name, price in self.of.items())


@dataclass(frozen=True, slots=True)
class Sum:
    """A quantity, its price, and what both come to."""

    name: str
    """Of :data:`UNITS`."""
    number: float
    price_value: float

    @property
    def unit(self) -> str:
        """What the price is of, in words."""
        return UNITS[self.name]

    @property
    def amount(self) -> float:
        """The quantity times its price."""
        return self.number * self.price_value


def parse_prices(given: Sequence[str], currency: str) -> Prices | None:
    """Return the prices of ``flight=NUMBER`` and the like, None where there are none. Raises ConfigError for
    what is no price."""
    expected = f"NAME=NUMBER, where NAME is one of {', '.join(UNITS)}"
    prices: dict[str, float] = {}
    for text in given:
        name, equals, number = text.partition("=")
        try:
            price = float(number)
        except ValueError:
            price = -1.0
        if not equals or name not in UNITS or not 0.0 <= price < float("inf"):
            raise ConfigError(f"--price {text}", expected=expected)
        prices[name] = price
    if currency and not prices:
        raise ConfigError("--currency without --price", expected=expected)
    return Prices(prices, currency) if prices else None


def sums(prices: Prices, effect: Effect) -> list[Sum]:
    """Return what the flights inside come to, by what has a price."""
    quantities = {
        "flight": float(len(effect.inside)),
        "hour": effect.inside_s().total_value / 3600.0,
        "km": effect.inside_m().total_value / 1000.0,
    }
    return [Sum(name, quantities[name], price) for name, price in prices.of.items()]


def costs(prices: Prices, effect: Effect) -> Spread:
    """Return the distribution of what a flight comes to."""
    return spread(prices.cost(hit) for hit in effect.inside)
