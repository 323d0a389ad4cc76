"""Screenshots of the page in every state, light and dark, on a desk and on a phone, into docs/screenshots/states/.

    python -m tests.ui.screenshots            # all of them, a few minutes
    python -m tests.ui.screenshots lost empty # some

No model is needed: a scripted server writes. Images have few colours, so that the folder stays small.
"""

from __future__ import annotations

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
SIZES = {"desk": (1280, 800), "phone": (390, 780)}
COLOURS = 48


def main(names: list[str]) -> int:
    """Make the screenshots of the states named, or of all; 2 for a name that is no state's."""
    unknown = set(names) - {state.name for state in STATES}
    if unknown:
        print(f"no such state: {', '.join(sorted(unknown))}. There are: {', '.join(s.name for s in STATES)}")
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as made, browser() as started:
        for state in STATES:
            if not names or state.name in names:
                shoot(started, made, state)
    print(f"{sum(path.stat().st_size for path in FOLDER.glob('*.png')) / 1000:.0f} kB in {FOLDER}")
    return 0


def shoot(started: Browser, made: Stage, state: State) -> None:
    """Bring a page into the state, and take it in both themes and widths."""
    with opened(started, made.address(state), lost=True, reduced_motion="reduce") as page:
        state.reach(page)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_function("dark => document.querySelector('.dark') !== null === dark", arg=theme == "dark")
                _settle(page)
                save(page.screenshot(), FOLDER / f"{state.name}-{size}-{theme}.png")
    print(state.name, flush=True)


def _settle(page: Page) -> None:
    """What a state is about stays in view where the width has changed; then two frames, for what is laid out late."""
    page.evaluate("""() => {
        document.querySelector("#panel[open] mark, .feedback[open]")?.scrollIntoView({ block: "center" });
        return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }""")


def save(png: bytes, path: Path) -> None:
    """An image with COLOURS colours."""
    with Image.open(io.BytesIO(png)) as image:
        plain = image.convert("RGB").quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        plain.save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
