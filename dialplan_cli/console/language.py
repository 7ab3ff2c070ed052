"""The texts of the pages, in the language of the browser.

Each language has one file in `texts/`, with a section for each screen. A text may have fields in
braces, which are arguments of `text`.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from flask import request

LANGUAGES = ("en", "de")
"""Languages with a catalogue. The first is for browsers that ask for none of them."""


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return the texts of a language by `section.key`."""
    file = resources.files("dialplan_cli.console").joinpath("texts", f"{language}.toml")
    sections = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        f"{section}.{key}": value
        for section, texts in sections.items()
        for key, value in texts.items()
    }


def language() -> str:
    """Return the language of the current request."""
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def text(key: str, /, **values: object) -> str:
    """Return a text in the language of the request, with the values in its fields.

    If `count` is 1, the text of `<key>_one` is preferred. Raises KeyError if there is no text.
    """
    texts = catalogue(language())
    if values.get("count") == 1:
        key = f"{key}_one" if f"{key}_one" in texts else key
    return texts[key].format(**values)


def has_text(key: str) -> bool:
    """Return whether there is a text for a key, such as `outcome.` and a word from a log."""
    return key in catalogue(language())


def grouped(number: int) -> str:
    """Return a number with separators of thousands."""
    digits = f"{number:,}"
    return digits.replace(",", ".") if language() == "de" else digits
