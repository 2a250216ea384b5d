"""Thirty texts that become script, links or broken pages where a text is taken for anything but text.

Each calls, loads or shows `MARK` if it comes through, so that one look tells.
"""

from __future__ import annotations

__all__ = ["MARK", "POLYGLOTS"]

MARK = "hacked"

POLYGLOTS = (
    "<script>hacked()</script>",
    "</title><script>hacked()</script>",
    "</textarea><img src=x onerror=hacked()>",
    "</script><svg onload=hacked()>",
    "--><svg/onload=hacked()><!--",
    '"><a href=//hacked.example>hacked</a>',
    "' onmouseover='hacked()' x='",
    '" autofocus onfocus="hacked()',
    "javascript:hacked()",
    "data:text/html,<script>hacked()</script>",
    "<iframe srcdoc='<script>parent.hacked()</script>'></iframe>",
    "<base href=//hacked.example/>",
    "<form action=//hacked.example><button>hacked",
    "<button formaction=//hacked.example>hacked</button>",
    "<meta http-equiv=refresh content='0;url=//hacked.example'>",
    "<link rel=stylesheet href=//hacked.example/x.css>",
    "<style>body{background:url(//hacked.example/x)}</style>",
    "<object data=//hacked.example/x></object>",
    "<math><mi xlink:href=javascript:hacked()>x</mi></math>",
    "<details open ontoggle=hacked()>",
    "{{ 7*'hacked' }}{% for x in hacked %}{% endfor %}",
    "${hacked()}`${hacked()}`",
    "https://hacked.example/click",
    "[hacked](javascript:hacked())",
    '=HYPERLINK("//hacked.example","hacked")',
    "&lt;script&gt;hacked()&lt;/script&gt;",
    "%3Cscript%3Ehacked()%3C/script%3E",
    "\u202ehacked\u202c\u2066 <b>",
    "jaVasCript:/*-/*`/*'/*\"/**/(/* */oNcliCk=hacked() )//</stYle/</titLe/</scRipt/--!><sVg/oNloAd=hacked()//>",
    "<img src=x onerror=hacked() " + "A" * 120 + ">",
)
