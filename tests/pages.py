"""The project's Markdown pages: headings, tables, links and examples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Page:
    """A Markdown page.

    Attributes:
        path: The path of the file.
    """

    path: Path

    @cached_property
    def text(self) -> str:
        """The whole text."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text without code blocks."""
        return re.sub(r"^```.*?^```", "", self.text, flags=re.MULTILINE | re.DOTALL)

    @cached_property
    def headings(self) -> list[str]:
        """The headings, each with its number signs."""
        return re.findall(r"^#+ .*$", self.prose, re.MULTILINE)

    @cached_property
    def anchors(self) -> set[str]:
        """The anchors that a link can lead to, one for each heading."""
        return {
            re.sub(r"[^\w\- ]", "", heading.lstrip("# ").lower()).strip().replace(" ", "-")
            for heading in self.headings
        }

    @cached_property
    def links(self) -> list[str]:
        """The targets of the links."""
        return re.findall(r"\]\(([^)]*)\)", self.prose)

    def blocks(self, language: str) -> list[str]:
        """Return the code blocks in a language."""
        return re.findall(rf"^```{language}\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)


def cells_under(page: Page, heading: str) -> list[list[str]]:
    """Return the first table under a heading: the head, then the rows."""
    match = re.search(
        rf"^#+ `?{re.escape(heading)}`?\n(.*?)(?=^#+ |\Z)", page.text, re.MULTILINE | re.DOTALL
    )
    assert match, f"{page.path.name} has no heading {heading!r}"
    found = re.search(r"^\|.*\|\n(?:^\|.*\|\n)+", match[1], re.MULTILINE)
    assert found, f"{page.path.name} has no table under {heading!r}"
    head, _, *rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in found[0].splitlines()
    ]
    return [head, *rows]


def table(page: Page, heading: str) -> list[dict[str, str]]:
    """Return the rows of the first table under a heading, each by column."""
    head, *rows = cells_under(page, heading)
    return [dict(zip(head, row, strict=True)) for row in rows]


_ANTBUDDY = (
    "https://docs.antbuddy.com/"
    "huong-dan-tich-hop-api-team-technical-api-integration-guide-technical-team"
)
_ETELECOM = "https://docs.etelecom.vn/api-etelecom-english/api-integration"
# Pages that we have seen, or that such a page links to: no link leads anywhere else outside.
OUTSIDE = frozenset(
    {
        f"{_ANTBUDDY}/antcrm/19.-api-get-omni-messages",
        f"{_ETELECOM}/shop/account",
        f"{_ETELECOM}/partner/account",
        f"{_ETELECOM}/partner/usage#retrieve-the-shop_key-information",
        f"{_ETELECOM}/zalo-cloud/zalo-cloud-api/get-message-list",
        f"{_ETELECOM}/zalo-cloud/instructions-for-connecting-zalo-cloud",
        "https://docs.etelecom.vn/tich-hop-api/partner/su-dung",
        "https://docs.etelecom.vn/tich-hop-api/zalo-cloud/zalo-cloud-api/lay-danh-sach-tin-nhan",
        "https://zalo.cloud/zns/guidelines/handle-error-code",
        "https://vinacis.vn/chinh-sach-dieu-khoan-zalo-cloud/",
    }
)
README = Page(ROOT / "README.md")
VIETNAMESE = Page(ROOT / "README.vi.md")
CONTRIBUTING = Page(ROOT / "CONTRIBUTING.md")
SECURITY = Page(ROOT / "SECURITY.md")
CHECKS = Page(ROOT / "docs" / "maintainers" / "checks.md")
COOKBOOK = Page(ROOT / "docs" / "cookbook.md")
GUARANTEES = Page(ROOT / "docs" / "guarantees.md")
ERRORS = Page(ROOT / "docs" / "errors.md")
PAGES = (
    README,
    VIETNAMESE,
    CONTRIBUTING,
    SECURITY,
    *map(Page, sorted((ROOT / "docs").rglob("*.md"))),
)
