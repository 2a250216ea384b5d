"""The list of credentials of a page that is live: nothing is listed once more, and a lost right counts at once."""

from __future__ import annotations

from pharia_access.services.administration.live import LiveViews
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.listing_follower import ListingFollower
from tests.support.administration.played_follower import PlayedClock, settle
from tests.support.console.consoles import signed_in
from tools.control_plane.resources import api_credential

LIST = "/namespaces/finance/credentials"


async def test_what_is_followed_is_shown_without_a_list_while_the_person_may_list_it() -> None:
    objects = a_cluster(tokens=2).put(api_credential("finance", "zeta", roles=["gone"], displayName="The Zeta"))
    follower = ListingFollower(objects=objects)
    opened = await signed_in(objects, views=lambda: LiveViews(follower, PlayedClock()))
    listed = await opened.browser.get(LIST)
    (session,) = opened.console.sessions._open.values()  # as an open page would
    session.views = LiveViews(follower, PlayedClock())
    with session.views.subscribed("finance"):
        await settle()
        objects.forbidden = {f"list {kind}" for kind in ("ApiCredential", "ApiToken", "ApiRole")}
        followed = await opened.browser.get(LIST)
        objects.forbidden.add("list apicredentials")
        revoked = await opened.browser.get(LIST)
    session.views.close()

    assert "zeta" in followed.document.by_id["credentials"]
    assert followed.document.by_id["credentials"] == listed.document.by_id["credentials"]
    assert revoked.status == 403
    assert "you may not list ApiCredential" in revoked.document.text
