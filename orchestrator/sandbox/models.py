"""botocore's service models: the shapes, constraints and paths that the rules and the HTTP front go by."""

from functools import cache

import botocore.session
from botocore.model import ServiceModel


@cache
def service(name: str) -> ServiceModel:
    """The model of `dynamodb`, `lambda`, …, read once: it is immutable and costs some 20 ms."""
    model: ServiceModel = botocore.session.get_session().get_service_model(name)
    return model
