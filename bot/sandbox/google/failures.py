"""Errors of Google Cloud: a gRPC status with `google.rpc` details, as the real services send them."""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

DOMAIN = "googleapis.com"


class Failure(Exception):  # noqa: N818 - named after its use in the stand-ins
    """A failed call: its status, message and details (messages of `google.rpc.error_details_pb2`)."""

    def __init__(self, code: grpc.StatusCode, message: str, details: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def grpc_status(self) -> Any:
        """Return the status as gRPC sends it, with the details in the trailing metadata."""
        status = status_pb2.Status(code=self.code.value[0], message=self.message)
        for detail in self.details:
            packed = any_pb2.Any()
            packed.Pack(detail)
            status.details.append(packed)
        return rpc_status.to_status(status)


def invalid(message: str, field: str = "") -> Failure:
    """Return INVALID_ARGUMENT, with the invalid field."""
    violation = error_details_pb2.BadRequest.FieldViolation(field=field, description=message)
    details = (error_details_pb2.BadRequest(field_violations=[violation]),) if field else ()
    return Failure(grpc.StatusCode.INVALID_ARGUMENT, message, details)


def not_found(message: str) -> Failure:
    """Return NOT_FOUND."""
    return Failure(grpc.StatusCode.NOT_FOUND, message)


def precondition(message: str) -> Failure:
    """Return FAILED_PRECONDITION: the request does not fit the resource's state."""
    return Failure(grpc.StatusCode.FAILED_PRECONDITION, message)


def denied(permission: str, resource: str, host: str) -> Failure:
    """Return PERMISSION_DENIED with IAM's message, which is the same for a missing project."""
    info = error_details_pb2.ErrorInfo(
        reason="IAM_PERMISSION_DENIED",
        domain=DOMAIN,
        metadata={"permission": permission, "resource": resource},
    )
    message = f"Permission '{permission}' denied on resource '//{host}/{resource}' (or it may not exist)."
    return Failure(grpc.StatusCode.PERMISSION_DENIED, message, (info,))


def disabled(host: str, title: str, project: str) -> Failure:
    """Return PERMISSION_DENIED with SERVICE_DISABLED: the API is not enabled in the project."""
    where = f"https://console.developers.google.com/apis/api/{host}/overview?project={project}"
    info = error_details_pb2.ErrorInfo(
        reason="SERVICE_DISABLED",
        domain=DOMAIN,
        metadata={"service": host, "consumer": f"projects/{project}", "serviceTitle": title},
    )
    link = error_details_pb2.Help.Link(description="Google developers console API activation", url=where)
    message = (
        f"{title} has not been used in project {project} before or it is disabled. Enable it by visiting "
        f"{where} then retry. If you enabled this API recently, wait a few minutes for the action to "
        "propagate to our systems and retry."
    )
    return Failure(grpc.StatusCode.PERMISSION_DENIED, message, (info, error_details_pb2.Help(links=[link])))


def exhausted(
    host: str, project: str, *, metric: str, limit: str, retry_delay: float = 0.0, message: str = ""
) -> Failure:
    """Return RESOURCE_EXHAUSTED with QuotaFailure, and RetryInfo if `retry_delay` (seconds) is given."""
    consumer = f"projects/{project}"
    text = message or (
        f"Quota exceeded for quota metric '{metric}' and limit '{limit}' of service '{host}' "
        f"for consumer 'project_number:{project}'."
    )
    violation = error_details_pb2.QuotaFailure.Violation(subject=consumer, description=text)
    details: list[Any] = [
        error_details_pb2.ErrorInfo(
            reason="RATE_LIMIT_EXCEEDED",
            domain=DOMAIN,
            metadata={"service": host, "consumer": consumer, "quota_metric": metric, "quota_limit": limit},
        ),
        error_details_pb2.QuotaFailure(violations=[violation]),
    ]
    if retry_delay:
        details.append(retry_info(retry_delay))
    return Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, text, tuple(details))


def retry_info(seconds: float) -> Any:
    """Return the detail with the time to wait."""
    delay = duration_pb2.Duration()
    delay.FromNanoseconds(round(seconds * 1e9))
    return error_details_pb2.RetryInfo(retry_delay=delay)
