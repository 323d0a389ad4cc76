"""Screenshots of the page in every state, light and dark, on a desk and on a phone, into docs/screenshots/states/.

    python -m tests.ui.screenshots                # all of them, a few minutes
    python -m tests.ui.screenshots lost empty     # some
    python -m tests.ui.screenshots --to FOLDER    # each pixel, to look at closely

No model is needed: a scripted server writes. What is kept in docs/ is half as large, so that the folder stays small.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.ui.stage import Stage, browser, opened, stage
from tests.ui.states import STATES, State

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots" / "states"
SIZES = {"desk": (1280, 680), "phone": (390, 720)}
SCALES = {"desk": 0.5, "phone": 0.6}
QUALITY = 30  # of WebP: letters stay sharp enough to read


def main() -> int:
    """Make the screenshots of the states named, or of all."""
    parser = argparse.ArgumentParser(description="screenshots of the page in every state")
    parser.add_argument("names", nargs="*", metavar="STATE", help=", ".join(state.name for state in STATES))
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="whole PNG files into FOLDER, not docs/")
    given = parser.parse_args()
    if unknown := set(given.names) - {state.name for state in STATES}:
        parser.error(f"no such state: {', '.join(sorted(unknown))}")
    place = given.to or FOLDER
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as made, browser() as started:
        for state in STATES:
            if not given.names or state.name in given.names:
                shoot(started, made, state, place, whole=bool(given.to))
    print(f"{sum(path.stat().st_size for path in place.iterdir()) / 1000:.0f} kB in {place}")
    return 0


def shoot(started: Browser, made: Stage, state: State, place: Path, *, whole: bool) -> None:
    """Bring a page into the state, and take it in both themes and widths."""
    with opened(started, made.address(state), lost=True, reduced_motion="reduce") as page:
        state.reach(page)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_function("dark => document.querySelector('.dark') !== null === dark", arg=theme == "dark")
                _settle(page)
                name, png = f"{state.name}-{size}-{theme}", page.screenshot()
                if whole:
                    (place / f"{name}.png").write_bytes(png)
                else:
                    small(png, SCALES[size], place / f"{name}.webp")
    print(state.name, flush=True)


def _settle(page: Page) -> None:
    """What a state is about stays in view where the width has changed; then two frames, for what is laid out late."""
    page.evaluate("""() => {
        document.querySelector("#panel[open] mark, .feedback[open]")?.scrollIntoView({ block: "center" });
        return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }""")


def small(png: bytes, scale: float, path: Path) -> None:
    """The image at `scale`, as WebP."""
    with Image.open(io.BytesIO(png)) as image:
        size = (round(image.width * scale), round(image.height * scale))
        image.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(path, quality=QUALITY, method=6)


if __name__ == "__main__":
    sys.exit(main())
