"""The manual's pictures of the console, out of those that its own tests take of every page.

    .venv/bin/python -m tests.deploy.console_pictures build/console docs/pictures

`make test-console` writes the first folder. A page that is long is cut: the manual shows what it begins with.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from PIL import Image

PICTURES: Final[Mapping[str, str]] = {
    "console-overview": "overview-wide-light",
    "console-interaction": "interactions-one-wide-light",
    "console-webhook": "webhooks-one-wide-light",
    "console-phone": "phone-one-wide-light",
}
MOST_HIGH: Final = 1100  # pixels


def main(source: Path, target: Path) -> int:
    """Write them all, or say what is missing."""
    if missing := [name for name in PICTURES.values() if not (source / f"{name}.png").is_file()]:
        print(f"there is no {', '.join(missing)} in {source}: run make test-console", file=sys.stderr)  # noqa: T201
        return 1
    for name, page in PICTURES.items():
        with Image.open(source / f"{page}.png") as picture:
            shown = picture.crop((0, 0, picture.width, min(picture.height, MOST_HIGH)))
            shown.convert("P", palette=Image.Palette.ADAPTIVE).save(target / f"{name}.png", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
