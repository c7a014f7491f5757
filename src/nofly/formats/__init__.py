"""Zone formats: one module a format, bytes to zones and findings. Shared parts have an underscore."""

MARKS = {
    "ed269": (
        b'"UASZoneList"', b'"horizontalProjection"', b'"uomDimensions"', b'"restriction"', b'"applicability"',
    ),
    "ed318": (
        b'"upperReference"', b'"lowerReference"', b'"variant"', b'"limitedApplicability"',
        b'"datasetMetadata"', b'"otherGeoid"',
    ),
    "geojson": (b'"type"',),
    "kml": (b"PK\x03\x04", b"kml"),
    "openair": (b"AC", b"Ac", b"aC", b"ac"),
}  # fmt: skip
"""See :mod:`nofly.plugins`."""
