"""What goes out over the API: JSON in which phone numbers are masked where nobody allowed them."""

from __future__ import annotations

from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

from core.texts import MaskingEncoder


class ApiEncoder(MaskingEncoder, JSONEncoder):
    """Writes what serializers return, texts as they are shown."""


class MaskingJSONRenderer(JSONRenderer):
    """Renders an answer; a text that no serializer has made plain is written as it is shown."""

    encoder_class = ApiEncoder
