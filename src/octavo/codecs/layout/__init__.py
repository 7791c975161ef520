"""Pictures of a declaration, as text and as SVG, and the places of its fields in a real payload."""

from octavo.codecs.layout.places import Place, Places, places
from octavo.codecs.layout.svg import to_svg
from octavo.codecs.layout.text import to_text

__all__ = ["Place", "Places", "places", "to_svg", "to_text"]
