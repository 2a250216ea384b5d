"""A class for `vllm serve --middleware pharia_access_client.vllm.VllmAccess`, set up by environment variables."""

from pharia_access_client.middleware import Access, Application
from pharia_access_client.settings import middleware_settings

__all__ = ["VllmAccess"]


class VllmAccess(Access):
    """`Access`, as vLLM makes it: with the application alone.

    `PHARIA_ACCESS_OPEN_PATHS` names what a kubelet and Prometheus may read without a token, such as `/health /metrics`.
    """

    def __init__(self, app: Application) -> None:
        super().__init__(app, **middleware_settings())
