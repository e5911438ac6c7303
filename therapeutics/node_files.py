"""The files of node_modules that pages use, and no others: collecting all takes minutes."""

NODE_FILES: dict[str, str] = {
    "bootstrap/bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap/bootstrap.min.css.map": "bootstrap/dist/css/bootstrap.min.css.map",
    "flatpickr/flatpickr.min.js": "flatpickr/dist/flatpickr.min.js",
    **{
        f"fonts/{family}-{subset}.woff2": (
            f"@fontsource-variable/{family}/files/{family}-{subset}-wght-normal.woff2"
        )
        for family in ("fraunces", "source-sans-3")
        for subset in ("latin", "latin-ext")
    },
}
