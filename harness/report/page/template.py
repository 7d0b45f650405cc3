"""Values and a template beside this file in, one HTML file out: everything is escaped and printable unless it is markup."""

import functools
from pathlib import Path

import jinja2
from markupsafe import Markup

from harness.report.words.formats import as_shown

HERE = Path(__file__).parent


def fill(template: str, **values: object) -> bytes:
    """Fill a template; one that asks for what it was not given is an error.

    Args:
        template: name of a file beside this one.
        values: by the names that the template uses, functions too.
    """
    return _environment().get_template(template).render(asset=_asset, **values).encode()


@functools.cache  # it keeps each template that it has compiled
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=as_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> Markup:
    return Markup((HERE / name).read_text(encoding="utf-8"))  # noqa: S704 - files of ours
