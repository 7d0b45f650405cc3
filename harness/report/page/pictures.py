"""A chart as it stands in the page: a data URI without what no reader of the page would miss."""

import re
from urllib.parse import quote

# These stand for themselves in a data URI: a third of the size of base64.
SAFE_IN_URI = " /?:@!$'()*+,;=-._~<>{}[]|^"
FAMILY = "'DejaVu Sans', sans-serif"  # of every text in a chart: said once for the whole


def data_uri(svg: bytes) -> str:
    """An SVG as a data URI that may stand in a double-quoted attribute, without what no reader of the page would miss."""
    bare = re.sub(
        r"<metadata>.*?</metadata>|<!DOCTYPE.*?>|<\?xml.*?\?>|<!--.*?-->", "", svg.decode(), flags=re.DOTALL
    )
    bare = re.sub(r"<[^>]*>", lambda tag: _slim(tag[0]), bare)
    bare = re.sub(
        r"<path [^>]*style='fill: #ffffff'/>", "", bare
    )  # the paper is the page's own, white or dark
    bare = bare.replace("<svg ", "<svg style='font-family: DejaVu Sans, sans-serif' ", 1)
    return "data:image/svg+xml," + quote(re.sub(r"\s+", " ", bare).strip(), safe=SAFE_IN_URI)


def _slim(tag: str) -> str:
    """Two decimals of a point are finer than a screen; names of groups and turns by nothing serve nobody here."""
    if tag.startswith("<g "):
        tag = re.sub(r' id="\w+?_\d+"', "", tag)
    tag = re.sub(rf"font: (\d+(?:\.\d+)?px) {FAMILY}", r"font-size: \1", tag).replace(
        f"font-family: {FAMILY};", ""
    )
    tag = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", tag).replace("'", "").replace('"', "'")
    return re.sub(r"(\.\d\d)\d+", r"\1", tag)
