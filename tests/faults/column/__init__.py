"""An app that is one migration: what a next release might change while this one runs."""
