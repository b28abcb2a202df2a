# ruff: noqa: E501 (samples)
"""Showcase of `xml`."""

from verigrad.core.types import Problem
from verigrad.verifiers.showcases import Sample, Showcase
from verigrad.verifiers.structure.xml_document import Xml

_NOTE = "<note><to>Ann</to><body><line>Hi</line></body></note>"


def showcase() -> Showcase:
    """A note with required paths, and a list of one kind of element."""
    note = {"root": "note", "required": ["to", "body/line"], "allowed": ["from"]}
    return Showcase(
        Xml(),
        (
            Sample(
                Problem.of("Write a note to Ann in XML.", note),
                (_NOTE, f"```xml\n<?xml version='1.0'?>\n{_NOTE}\n```", _NOTE.replace("</to>", "</to><from>Bo</from>")),
                (
                    _NOTE.replace("<to>Ann</to>", "<to></to>"),
                    _NOTE.replace("</body>", ""),
                    _NOTE.replace("line", "text"),
                    _NOTE.replace("note", "letter"),
                    _NOTE.replace("</to>", "</to><cc>Bo</cc>"),
                    f'<!DOCTYPE note [<!ENTITY a "Ann">]>{_NOTE.replace("Ann", "&a;")}',
                    _NOTE + _NOTE,
                ),
            ),
            Sample(
                Problem.of("A list of two items in XML.", {"root": "list", "required": ["item"]}),
                ("<list><item>a</item><item>b</item></list>",),
                ("<list><item>a</item><item/></list>", "<list/>", "<list><items>a</items></list>"),
            ),
        ),
        pieces=("<note>", "</note>", "<to>", "</to>", "<line>", "<a" * 40, "/>", "&lt;", "&a;", "<!--",
                "-->", "<!DOCTYPE x [", "<?php ?>", "<![CDATA[", "]]>", 'x="1"', "xmlns:a='b'"),
    )  # fmt: skip
