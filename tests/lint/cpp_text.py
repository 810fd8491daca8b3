"""C++ source with its comments and literals blanked, so that simple patterns see code only; line numbers stay."""

import re

_TOKEN = re.compile(
    r'(?P<raw>(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")'
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)"
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<number>\b\d[\w']*)"  # 1'000: its quotes open no character literal
    r"|(?P<char>'(?:\\.|[^'\\\n])+')",
    re.DOTALL)


def code_only(text):
    """Comments become blanks, string and character literals become "" and '': what is left is code."""

    def blank(match):
        whole = match.group(0)
        if match.group("number"):
            return whole
        newlines = "\n" * whole.count("\n")
        if match.group("comment"):
            return " " + newlines
        return ("''" if match.group("char") else '""') + newlines

    return _TOKEN.sub(blank, text)
