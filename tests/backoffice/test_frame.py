"""The frame of the admin's pages: Unfold's, but for how scripts work in it; and what the policy lets scripts do."""

from pathlib import Path

import pytest
import unfold
from django.conf import settings

THEIRS = Path(unfold.__file__).parent / "templates" / "unfold" / "layouts" / "skeleton.html"
OURS = settings.BASE_DIR / "templates" / "unfold" / "layouts" / "skeleton.html"


def test_the_frame_is_unfold_s_but_for_alpine():
    head, state = "unfold/js/alpine/alpine.js", "          x-data="
    theirs = THEIRS.read_text(encoding="utf-8")
    before, _, after = theirs.partition(state)
    _, _, rest = after.partition('                 "\n')
    expected = before.replace(head, "backoffice/alpine/alpine-csp-3.17.4.js") + state
    expected += (
        "\"shell({% if opts %}'{% tabs_primary_active inline_admin_formsets %}'{% endif %})\"\n" + rest
    )
    _comment, _, ours = OURS.read_text(encoding="utf-8").partition("\n")
    assert ours == expected


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/login/", "/api/docs/", "/workspace/", "/admin/goals/add/"]
)
def test_only_our_own_files_are_scripts(owner, path):
    answer = owner.get(path)
    policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert policy.get("script-src", policy["default-src"]) == "'self'"
    assert policy["base-uri"] == "'none'"
