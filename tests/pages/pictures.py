"""Pictures of pages that the documentation shows: whether they still show what the pages look like."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

PICTURES: Final = Path(__file__).parents[2] / "docs" / "pictures"
FAR: Final = 22.0
"""By how much two parts of pictures may differ, of 255: another font does less, another colour or part does more."""

_COMPARED: Final = """
async ([first, second, cells]) => {
  const read = async (source) => {
    const image = new Image();
    image.src = "data:image/png;base64," + source;
    await image.decode();
    const canvas = new OffscreenCanvas(cells, cells);
    const drawn = canvas.getContext("2d");
    drawn.imageSmoothingQuality = "high";
    drawn.drawImage(image, 0, 0, cells, cells);
    return { size: [image.width, image.height], seen: drawn.getImageData(0, 0, cells, cells).data };
  };
  const [one, other] = [await read(first), await read(second)];
  const far = one.seen.map((value, place) => Math.abs(value - other.seen[place]));
  return { sizes: [one.size, other.size], far: Math.max(...far) };
}
"""
_CELLS: Final = 12


def check(browser: Browser, name: str, taken: bytes, *, keep: bool) -> None:
    """Assert that a picture of the documentation shows what was taken now, or keep what was taken.

    Args:
        browser: Compares them.
        name: The picture's file.
        taken: What it looks like now.
        keep: Whether it replaces the picture.
    """
    file = PICTURES / name
    if keep:
        PICTURES.mkdir(exist_ok=True)
        file.write_bytes(taken)
    page = browser.new_page()
    texts = [base64.b64encode(one).decode() for one in (file.read_bytes(), taken)]
    found = page.evaluate(_COMPARED, [*texts, _CELLS])
    page.close()
    (width, height), (now_width, now_height) = found["sizes"]
    again = f"Look at it, and take it again: pytest --take-pictures {Path(__file__).with_name('test_pictures.py')}"
    assert width == now_width, f"{name} has another width. {again}"
    assert abs(height - now_height) <= height / 10, f"{name} has another height. {again}"
    assert found["far"] <= FAR, f"The page looks otherwise than {name}: {found['far']:.0f} of 255. {again}"
