"""What is protected."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from oauth2_provider.decorators import protected_resource


@protected_resource(scopes=["studio-user"])
def reports(request: HttpRequest) -> JsonResponse:
    """Tell whose token it was: a user of that name is in the database by now."""
    return JsonResponse({"name": request.resource_owner.get_username()})


urlpatterns = [path("reports", reports)]
