"""Pictures are drawn for every result, without a display, and say what they show."""

from __future__ import annotations

import dataclasses
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nofly.errors import ConfigError
from nofly.incidents.record import Certainty
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


def _profile_of(result: CheckResult, **known: NDArray[np.float64]) -> str:
    """Return the words of the profile of a stay of which no height is known at entry."""
    from nofly.schema import Coded, Positions

    stay = dataclasses.replace(result.infringements[1], height_m=None, height_datum=None)
    n = 30
    times = stay.entry_time_us + np.arange(n) * 5_000_000
    columns = {"alt_std_m": np.full(n, 800.0), **known}
    tracks = Positions(
        times, Coded.from_list([stay.target_id] * n), np.linspace(46.9, 46.95, n), np.full(n, 7.4), columns
    )
    drawn = figure(dataclasses.replace(result, infringements=(stay,), tracks=tracks))
    profile = drawn.axes[1]
    return " ".join([profile.get_ylabel(), *(t.get_text() for t in profile.texts)])


def test_the_profile_is_drawn_on_the_datum_of_the_limits_where_it_can_be_had(result: CheckResult) -> None:
    later = np.where(np.arange(30) < 10, np.nan, 900.0)
    words = _profile_of(result, alt_amsl_m=later)
    assert words.startswith("altitude, ft AMSL")
    assert "another datum" not in words
    none = _profile_of(result, alt_amsl_m=np.full(30, np.nan))
    assert none.startswith("pressure altitude")
    assert "3500ft AMSL (AMSL: another datum)" in none


def test_a_column_with_holes_is_filled_with_the_heights_that_were_worked_out() -> None:
    import nofly
    from nofly.schema import Coded, Positions
    from nofly.zones.model import Circle, Datum, Limit, Volume, Zone

    n = 40
    amsl = np.where(np.arange(n) == 3, 900.0, np.nan)
    track = Positions(
        1_700_000_000_000_000 + np.arange(n) * 5_000_000, Coded.from_list(["icao24:4b1800"] * n),
        np.full(n, 46.95), np.linspace(7.3, 7.6, n), {"alt_std_m": np.full(n, 800.0), "alt_amsl_m": amsl},
    )  # fmt: skip
    volume = Volume(Circle((46.95, 7.45), 5000.0), None, Limit(1066.8, Datum.AMSL, "3500ft AMSL"))
    result = nofly.check(track, [Zone("R", "R", (volume,))], qnh=1023.25)
    assert result.tracks is not None
    drawn = result.tracks.floats("alt_amsl_m")
    assert np.isfinite(drawn).all()
    assert drawn[3] == 900.0
    assert drawn[4] == pytest.approx(800.0 + 83.0, abs=3.0)


def test_the_profile_draws_a_stay_from_entry_to_exit_also_where_no_report_lies_inside(
    result: CheckResult,
) -> None:
    first = result.infringements[0]
    assert result.tracks is not None
    own = result.tracks.target.values.index(first.target_id)
    times = result.tracks.time_us[result.tracks.target.codes == own]
    before = int(times[times > first.entry_time_us][0])
    stay = dataclasses.replace(
        first, entry_time_us=before + 100_000, exit_time_us=before + 300_000, certainty=Certainty.PROBABLE
    )
    profile = figure(dataclasses.replace(result, infringements=(stay,))).axes[1]
    thick = [line for line in profile.lines if line.get_linewidth() > 2.0]
    assert [tuple(line.get_xdata()) for line in thick] == [(0.0, 0.2)]
