"""Messages against their schemas, and data against a device's own schema.

Importing this package is cheap: jsonschema is loaded when something is checked for the first time.
"""

from octavo.schemas.bundle import MEMBERS, kinds, schema
from octavo.schemas.data import DataSchema
from octavo.schemas.messages import validate_message
from octavo.schemas.profiles import PROFILES

__all__ = ["MEMBERS", "PROFILES", "DataSchema", "kinds", "schema", "validate_message"]
