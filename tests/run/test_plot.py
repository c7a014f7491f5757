"""Pictures are drawn for every result, without a display, and say what they show."""

from __future__ import annotations

import dataclasses
import io
import warnings
from pathlib import Path

import numpy as np
import pytest

from nofly.errors import ConfigError
from nofly.run.outputs.picture import MOST_SHOWN, encoded, figure
from nofly.run.outputs.projection import LocalMap
from nofly.run.result import CheckResult


def _texts(drawn: object) -> list[str]:
    from matplotlib.text import Text

    return [t.get_text() for t in drawn.findobj(Text) if t.get_text()]  # type: ignore[attr-defined]


def test_one_stay_has_a_map_and_a_profile(result: CheckResult) -> None:
    drawn = figure(dataclasses.replace(result, infringements=result.infringements[:1]))
    assert len(drawn.axes) == 2
    texts = " ".join(_texts(drawn))
    for told in (
        "4ca7b3 (SWR123) in LS-R7 GRIMSEL",
        "ceiling: FL200",
        "floor: FL100",
        "UTC, 2018-08-01",
        "NM (",
    ):
        assert told in texts


def test_many_stays_have_an_overview_and_the_rest_is_counted(result: CheckResult) -> None:
    stays = tuple(dataclasses.replace(result.infringements[0], id=f"{k:016x}") for k in range(7))
    drawn = figure(dataclasses.replace(result, infringements=stays))
    assert len(drawn.axes) == 1 + 2 * MOST_SHOWN
    assert any("3 more are on the overview only" in text for text in _texts(drawn))


def test_nothing_found_and_nothing_given_draw_too(nobody: CheckResult) -> None:
    assert encoded(figure(nobody), dpi=40).startswith(b"\x89PNG")
    assert encoded(figure(dataclasses.replace(nobody, zones=(), report_count=0)), dpi=40).startswith(
        b"\x89PNG"
    )


def test_all_that_is_drawn_lies_in_the_picture(result: CheckResult) -> None:
    drawn = figure(result)
    encoded(drawn, dpi=50)
    box = drawn.bbox
    renderer = drawn.canvas.get_renderer()  # type: ignore[attr-defined]
    for text in drawn.texts:
        extent = text.get_window_extent(renderer)
        assert extent.x0 >= box.x0 - 1
        assert extent.x1 <= box.x1 + 1, text.get_text()


def test_kinds_of_picture(result: CheckResult, tmp_path: Path) -> None:
    one = dataclasses.replace(result, infringements=result.infringements[:1])
    for kind, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        one.plot(tmp_path / f"x.{kind}")
        assert (tmp_path / f"x.{kind}").read_bytes().startswith(start)
    with pytest.raises(ConfigError, match="no such kind of picture"):
        one.plot(tmp_path / "x.gif")


def test_markup_in_a_name_is_not_run(result: CheckResult) -> None:
    hostile = dataclasses.replace(result.infringements[0], callsign="$\\frac{", zone_name="名 $x_{$ \x1b]0;")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoded(figure(dataclasses.replace(result, infringements=(hostile,))), dpi=40)


def test_pictures_need_no_display_and_change_no_settings(result: CheckResult) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams.items())
    figure(dataclasses.replace(result, infringements=result.infringements[:1]))
    after = dict(matplotlib.rcParams.items())
    assert {k: v for k, v in before.items() if k != "backend"} == {
        k: v for k, v in after.items() if k != "backend"
    }


def test_pictures_differ_in_more_than_colour(result: CheckResult) -> None:
    from matplotlib.image import imread

    stay = result.infringements[0]
    grey = []
    for status in ("infringement", "exempt", "cleared", "suspect"):
        one = dataclasses.replace(stay, status=type(stay.status)(status))
        pixels = imread(
            io.BytesIO(encoded(figure(dataclasses.replace(result, infringements=(one,))), dpi=60))
        )
        grey.append(pixels[..., :3].mean(axis=2))
    for k in range(3):
        assert np.abs(grey[k] - grey[k + 1]).max() > 0.3


@pytest.mark.parametrize(
    ("lat", "lon"), [(0.0, 0.0), (48.8, 2.3), (-19.0, 180.0), (90.0, 0.0), (-89.999, 12.0)]
)
def test_the_map_is_true_near_its_centre_and_turns_back(lat: float, lon: float) -> None:
    from pyproj import Geod

    local = LocalMap(lat, lon)
    rng = np.random.default_rng(1)
    bearings, far = rng.uniform(0, 360, 200), rng.uniform(1.0, 300_000.0, 200)
    lon2, lat2, _ = Geod(ellps="WGS84").fwd(np.full(200, lon), np.full(200, lat), bearings, far)
    x, y = local.forward(lat2, lon2)
    assert np.hypot(x, y) == pytest.approx(far, rel=0.004)
    back_lat, back_lon = local.inverse(x, y)
    assert back_lat == pytest.approx(lat2, abs=1e-8)
    turned = (back_lon - lon2 + 180.0) % 360.0 - 180.0
    assert (np.abs(turned) * np.cos(np.radians(lat2))).max() < 1e-7


def test_a_stay_round_the_pole_is_drawn(result: CheckResult) -> None:
    from nofly.zones.model import Circle, Volume, Zone

    cap = Zone("POLE", "POLE", (Volume(Circle((90.0, 0.0), 200_000.0)),))
    stay = dataclasses.replace(
        result.infringements[0], zone_id="POLE", zone_name="POLE", zone_hash=cap.zone_hash, target_id="x",
        entry_lat_deg=88.5, entry_lon_deg=10.0, exit_lat_deg=88.5, exit_lon_deg=-170.0,
    )  # fmt: skip
    one = dataclasses.replace(result, zones=(cap,), infringements=(stay,), tracks=None)
    assert encoded(figure(one), dpi=40).startswith(b"\x89PNG")
