"""``nofly serve``: a watch with its map and API, or these beside a watch that runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nofly.cli.watch import add_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    from nofly.config import Config, WebConfig
    from nofly.run.watch_plan import WatchPlan
    from nofly.web.access.oidc.provider import Provider
    from nofly.web.serving import Bind

_EPILOG = """\
examples:
  nofly serve --zones stadium.geojson --feed beast+tcp://127.0.0.1:30005
  nofly serve --config nofly.toml --bind 0.0.0.0:8443
  nofly serve --beside --state nofly-state

  nofly serve --reset-administrator --state nofly-state

The first start makes the user admin and prints a password, once. Ctrl-C and SIGTERM end it.
exit codes: 0 ended; 2 an error.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly serve", description="The map, the incidents and the API, in a browser.",
        usage="nofly serve [--config FILE] [--zones FILE…] [--feed URL…] [--bind HOST:PORT] [options]",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_plan(it)
    it.add_argument("--bind", metavar="HOST:PORT", help="where the page is (127.0.0.1:8080); port 0: any")
    it.add_argument(
        "--beside", action="store_true", help="no watch of its own: beside the one that runs on --state"
    )
    it.add_argument(
        "--reset-administrator",
        nargs="?",
        const="admin",
        metavar="NAME",
        help="serve nothing: make this user (admin) an administrator with a new one-time password",
    )
    it.add_argument("--insecure", action="store_true", help="beyond loopback without TLS or a trusted proxy")
    it.add_argument("--quiet", "-q", action="store_true", help="no lines: the page says it all")
    it.set_defaults(plain=True)
    return it


def run(argv: list[str]) -> int:
    """Serve until told to stop; return the exit code."""
    from functools import partial

    from nofly.cli.watch import watched
    from nofly.run.alerting.plans import channels_for

    args = parser().parse_args(argv)
    if args.reset_administrator is not None:
        return _reset(args)
    if args.beside:
        return _beside(args)

    def beside(plan: WatchPlan, config: Config) -> AbstractContextManager[None]:
        return serving_state(args, config, plan.state, partial(channels_for, plan.alerts))

    return watched(args, beside)


def _reset(args: argparse.Namespace) -> int:
    """Print the one-time password of an administrator, for whoever runs this machine and has lost his."""
    from contextlib import closing
    from time import time_ns

    from nofly.cli.configuration import read_config, state_folder
    from nofly.cli.streams import note
    from nofly.errors import ConfigError
    from nofly.web.access.asking import AccessControl

    folder = state_folder(args.state or read_config(args.config).watch.state)
    if not folder.is_dir():
        raise ConfigError("there is no such folder", source=str(folder), expected="the state folder")
    with closing(AccessControl(folder, lambda: time_ns() // 1000)) as access:
        password = access.users.rescue(args.reset_administrator)
    note(f"log in as {args.reset_administrator} with the password {password} (shown only now)")
    return 0


def _beside(args: argparse.Namespace) -> int:
    import signal
    from threading import Event

    from nofly.cli.configuration import read_config, state_folder
    from nofly.errors import ConfigError
    from nofly.run.alerting.plans import channels_for
    from nofly.run.watch_plan import plan_alerts

    if args.zones or args.feeds:
        raise ConfigError("--beside watches nothing", expected="--state FOLDER, and no --zones or --feed")
    config = read_config(args.config)
    plans = plan_alerts(config)
    folder = state_folder(args.state or config.watch.state)
    if not folder.is_dir():
        raise ConfigError(
            "there is no such folder", source=str(folder), expected="the state folder of nofly watch"
        )
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with serving_state(args, config, folder, lambda body: channels_for(plans, body)):
        stop.wait()
    return 0


def serving_state(
    args: argparse.Namespace,
    config: Config,
    folder: Path,
    channels: Callable[[Mapping[str, Any]], Sequence[str]],
    *,
    guests: Callable[[str], None] | None = None,
) -> AbstractContextManager[None]:
    """Return a context that serves a state folder, and says where, while it is open; ``guests`` is told
    a public link instead. Raises ConfigError where that is not to be, before anything is opened."""
    from contextlib import closing, contextmanager
    from time import time_ns

    from nofly.cli.streams import note
    from nofly.run.following.follower import Follower
    from nofly.web.access.asking import AccessControl
    from nofly.web.access.binding import may_bind
    from nofly.web.access.ledger import By
    from nofly.web.access.proxies import Proxied, networks
    from nofly.web.app import create_app
    from nofly.web.served import Served
    from nofly.web.serving import serving

    web = config.web
    bind = bound(args.bind or web.bind, web)
    proxies = networks(part.strip() for part in web.trusted_proxies.split(",") if part.strip())
    may_bind(bind.host, bool(bind.certificate), proxies, args.insecure or web.insecure)

    wanted = {**_wanted(config), "zone_files": _zone_files(args, config)}

    def clock() -> int:
        return time_ns() // 1000

    @contextmanager
    def served() -> Iterator[None]:
        folder.mkdir(parents=True, exist_ok=True)
        _log(args.quiet)
        with closing(AccessControl(folder, clock)) as access:
            it = Served(Follower(folder), access, clock, channels, **wanted)
            app = Proxied(create_app(it), proxies)
            with serving(app, bind) as url, closing(it):
                if guests is not None:
                    secret, _ = access.links.make("guests", None, 0.0, By("nofly", "shown to guests"))
                    guests(f"{url}#link={secret}")
                else:
                    note(f"the map is at {url}")
                    password = access.first_password()
                    if password is not None:
                        note(f"log in as admin with the password {password} (shown only now)")
                yield

    return served()


def _wanted(config: Config) -> dict[str, Any]:
    """Return what a configuration says of what is served. Raises ConfigError for what cannot be."""
    from nofly.cli.evidence import station_key, station_keys
    from nofly.run.declaring.registered import team_register
    from nofly.run.watch_plan import prediction_of
    from nofly.web.origins import origins
    from nofly.web.style import style_at
    from nofly.web.tiles import tiles_at

    web = config.web
    signing = station_key(web)
    keys = station_keys(web) if config.register.url else None
    return {
        "register": team_register(config.register, signing, keys),
        "tiles": tiles_at(web.tiles, web.tiles_attribution),
        "style": style_at(web.style, web.style_origins),
        "embedders": origins(web.embed_origins, "web.embed_origins"),
        "provider": _provider(web),
        "claims_folder": Path(web.claims) if web.claims else None,
        "ledger": Path(web.ledger) if web.ledger else None,
        "prediction": prediction_of(config.prediction),
        "signing": signing,
    }


def _zone_files(args: argparse.Namespace, config: Config) -> tuple[str, ...]:
    """Return the files that the zones of the watch were read from, whatever folder one stands in later."""
    from nofly.run.files.inputs import expanded

    return tuple(str(Path(name).absolute()) for name in expanded([*config.check.zones, *args.zones]))


def _provider(web: WebConfig) -> Provider | None:
    """Return who vouches for users. Raises ConfigError for what cannot be."""
    from time import monotonic, time

    from nofly.web.access.oidc.fetching import Fetcher
    from nofly.web.access.oidc.id_token import check_installed
    from nofly.web.access.oidc.provider import Provider
    from nofly.web.access.oidc.settings import oidc_settings

    settings = oidc_settings(web.oidc)
    if settings is None:
        return None
    check_installed()
    return Provider(settings, Fetcher(settings.ca_file), time, monotonic)


def _log(quiet: bool) -> None:
    """Have logged to standard error what is refused, and every fault; of a ``quiet`` server only faults."""
    import logging
    import sys

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("nofly.web").setLevel(logging.WARNING if quiet else logging.INFO)


def bound(text: str, web: WebConfig) -> Bind:
    """Return where to serve. Raises ConfigError for what is no address."""
    from nofly.errors import ConfigError
    from nofly.run.display.watch_metrics import served_at
    from nofly.web.serving import Bind

    place = served_at(text)
    if place is None:
        raise ConfigError("no address", locator="web.bind", expected="HOST:PORT")
    return Bind(*place, web.certificate, web.key)
