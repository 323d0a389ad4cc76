"""The names under which records carry an article: JSON, JSON Lines, front matter, JSON-LD, LlamaIndex metadata.

Case, spaces, `_` and `-` do not matter: `publishedAt`, `published_at` and `Published-At` are one name. Where several
are there, the first of the list that holds something usable counts.

| field of the article | names |
| --- | --- |
| text | text, body, content, article_body, body_text, full_text, main_text, content_text, content_html, page_content |
| title | title, headline, web_title |
| byline | byline, author, authors, creator |
| outlet | outlet, source, publication, publisher, newspaper, source_name, site_name, sitename |
| published | published, published_at, publish_date, date, published_date, published_time, published_on, publication_date, date_published, first_published, web_publication_date, pub_date |
| updated | updated, updated_at, date_modified, modified, modified_at, modified_time, last_modified, last_updated |
| url | url, link, canonical_url, web_url, permalink |
| section | section, category, categories, article_section, section_name |
| language | language, lang, in_language |
| kind | kind, article_type, genre |
| guid | guid, id, uuid, urn, article_id, story_id, item_id, post_id, doc_id, document_id, external_id |

A value may be nested as news services have it: `{"name": …}` for an outlet or author, lists of authors, `{"rendered":
…}` or a list of paragraphs for a text. Of several sections the first counts. HTML in a text or title becomes plain
text. `guid` is what the source calls the piece by, for as long as it has no URL; it is not shown.
"""  # noqa: E501 - a table row cannot be wrapped

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rag.errors import ReadError, SettingsError
from rag.readers.base import Context, make_article, one_line, parse_date
from rag.readers.markup import html_to_text, looks_like_html
from rag.types import Article

_DEPTH = 4  # of nested values; YAML can nest one in itself
_ROW = re.compile(r"^\| (\w+) \| ([a-z_, ]+) \|$", re.MULTILINE)


def plain_name(name: object) -> str:
    """A field's name without what does not matter in it."""
    return re.sub(r"[\s_-]", "", str(name)).casefold()


# The table above is the only list of names, so that what is documented is what is done.
NAMES: Mapping[str, tuple[str, ...]] = {
    field: tuple(plain_name(name) for name in names.split(",")) for field, names in _ROW.findall(__doc__ or "")
}


def mapping(setting: str) -> tuple[tuple[str, str], ...]:
    """`Settings.fields`, as in "text=body_html, title=kop", for a `Context`. Raises SettingsError."""
    found = []
    for part in filter(str.strip, setting.split(",")):
        field, sign, name = (piece.strip() for piece in part.partition("="))
        if field not in NAMES or not sign or not name:
            raise SettingsError(
                f"fields: {part.strip()!r} is not like text=body_html", hint=f"The fields are: {', '.join(NAMES)}."
            )
        found.append((field, plain_name(name)))
    return tuple(found)


def names_of(field: str, context: Context) -> tuple[str, ...]:
    """The names under which records carry a field, those of the context first."""
    return (*(name for known, name in context.fields if known == field), *NAMES[field])


def article_from(record: Mapping[object, object], source: str, context: Context) -> Article:
    """The article that `record` holds. Raises ReadError, listing the record's fields, when there is no text."""
    text = text_of(record, context)
    if not text.strip():
        there = ", ".join(str(key) for key in list(record)[:12]) or "none"
        raise ReadError(source, f"no text: none of text, body, content … is filled (fields that are there: {there})")
    return make_article(source=source, text=text, context=context, **metadata_of(record, context))


def text_of(record: Mapping[object, object], context: Context) -> str:
    """The text of a record, paragraphs separated by a blank line; "" if there is none."""
    for name, value in _values(record, "text", context):
        if text := _text(value, html=name == "contenthtml"):
            _note(context, "text", record, name)
            return text
    return ""


def metadata_of(record: Mapping[object, object], context: Context) -> dict[str, object]:
    """Everything but the text, as arguments for `make_article`; fields that are not there are left out."""
    found: dict[str, object] = {}
    for field in NAMES:
        for name, value in _values(record, field, context):
            usable = _usable(field, value, context)
            if usable and field != "text":
                found[field] = usable
                _note(context, field, record, name)
                break
    return found


def _note(context: Context, field: str, record: Mapping[object, object], name: str) -> None:
    """Keep which name of the first record a field came from, and which names no field has come from."""
    if context.mapped is not None and field not in context.mapped:
        context.mapped[field] = next(str(key) for key in record if plain_name(key) == name)
        used = {plain_name(key) for key in context.mapped.values()}
        context.mapped[""] = ", ".join(str(key) for key in record if plain_name(key) not in used)


def _usable(field: str, value: object, context: Context) -> object:
    if field in ("published", "updated"):
        return parse_date(value, context)
    return _label(field, value)


def _label(field: str, value: object) -> object:
    names = _names(value)
    if field == "outlet":  # `source` is an outlet to some and the page's address to others
        names = [name for name in names if not re.match(r"https?://", name)]
    if field == "title":
        names = [html_to_text(name) if looks_like_html(name) else name for name in names]
    return names if field == "byline" else names[0] if names else None


def _values(record: Mapping[object, object], field: str, context: Context) -> Iterator[tuple[str, object]]:
    """Names and values of `field`, those of the context first, then in the order of the table."""
    plain: dict[str, object] = {}
    for key, value in record.items():
        if value not in (None, "", [], {}):
            plain.setdefault(plain_name(key), value)
    for name in names_of(field, context):
        if name in plain:
            yield name, plain[name]


def _names(value: object, depth: int = _DEPTH) -> list[str]:
    """Labels in a value: itself, the `name` of an object, or those of each member of a list."""
    if not depth:
        return []
    if isinstance(value, list | tuple):
        return [name for member in value for name in _names(member, depth - 1)]
    if isinstance(value, Mapping):
        if isinstance(rendered := value.get("rendered"), str):
            return _names(html_to_text(rendered), depth)
        for key in ("name", "title", "label", "main"):
            if key in value:
                return _names(value[key], depth - 1)
        return []
    name = one_line(value)
    return [name] if name else []


def _text(value: object, *, html: bool = False, depth: int = _DEPTH) -> str:
    if not depth:
        return ""
    if isinstance(value, str):
        return html_to_text(value) if html or looks_like_html(value) else value
    if isinstance(value, list | tuple):
        return "\n\n".join(text for member in value if (text := _text(member, depth=depth - 1)))
    if isinstance(value, Mapping):
        for key in ("rendered", "html", "text", "value", "content"):
            if key in value:
                return _text(value[key], html=key in ("rendered", "html"), depth=depth - 1)
    return ""
