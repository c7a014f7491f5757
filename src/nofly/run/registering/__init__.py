"""The register of zones: acts put into it, files brought into it, the law read out of it."""
