"""A slow and obvious second opinion on who was inside which zone.

It shares nothing with the kernel: geodesics come from GeographicLib (through pyproj), everything else is
done in the tangent frame of the very point that is asked about.
"""
