"""Module as a module of Slips 0.9 sees it."""


class Module:
    name = ""
    description = ""
    authors = []
