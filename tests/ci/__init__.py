"""The packs for pipelines, run as far as a machine without one allows."""
