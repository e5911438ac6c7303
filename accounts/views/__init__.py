"""How people come in, and what they do with their account; allauth's views do the rest."""

OK, UNPROCESSABLE, CONFLICT = 200, 422, 409
