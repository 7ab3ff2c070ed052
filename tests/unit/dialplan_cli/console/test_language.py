"""Both languages have the same texts, with the same fields."""

from string import Formatter

from dialplan_cli.console.language import LANGUAGES, catalogue


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_all_languages_have_the_same_texts_with_the_same_fields() -> None:
    english, *others = [
        {key: fields(text) for key, text in catalogue(language).items()} for language in LANGUAGES
    ]
    assert others == [english]


def test_no_text_is_empty() -> None:
    assert all(text.strip() for name in LANGUAGES for text in catalogue(name).values())
