"""Common handling of calls: counting, latency, scripted faults and errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import grpc

from bot.sandbox.google.failures import Failure, denied, disabled, exhausted, retry_info
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Service:
    """A Google service: its name in `Fault.service` and `World.calls`, its host and its title."""

    alias: str
    host: str
    title: str


@dataclass(frozen=True, slots=True)
class Method:
    """One method: its gRPC service, raw protobuf types and handler.

    `read_region` reads the region from the unchecked request.
    """

    service: str
    name: str
    request: Any
    response: Any
    answer: Callable[[Any], Any]
    read_region: Callable[[Any], str]
    permission: str


def handlers(world: World, service: Service, methods: Iterable[Method]) -> list[grpc.GenericRpcHandler]:
    """Return the gRPC handlers that serve these methods."""
    by_service: dict[str, dict[str, grpc.RpcMethodHandler]] = {}
    for method in methods:
        by_service.setdefault(method.service, {})[method.name] = grpc.unary_unary_rpc_method_handler(
            _Call(world, service, method).serve,
            request_deserializer=method.request.FromString,
            response_serializer=method.response.SerializeToString,
        )
    return [grpc.method_handlers_generic_handler(name, found) for name, found in by_service.items()]


@dataclass(frozen=True, slots=True)
class _Call:
    world: World
    service: Service
    method: Method

    async def serve(self, request: Any, context: Any) -> Any:
        """Serve a call; half of the latency passes before the handler and half after it."""
        region = self.method.read_region(request)
        self.world.calls[self.service.alias, self.method.name, region] += 1
        fault = self.world.fault(self.service.alias, self.method.name, region)
        latency = self.world.latency.get(region, self.world.latency.get("*", 0.0))
        delay = latency + (fault.delay if fault else 0.0)
        answered = asyncio.get_running_loop().time() + delay
        await asyncio.sleep(delay / 2)
        try:
            answer = await self._answer(request, region, fault)
        except Failure as failure:
            await _sleep_until(answered)
            await context.abort_with_status(failure.grpc_status())
        await _sleep_until(answered)
        return answer

    async def _answer(self, request: Any, region: str, fault: Fault | None) -> Any:
        if fault and not fault.after_effect:
            await self._apply_fault(fault, region)
        answer = self.method.answer(request)
        if fault and fault.after_effect:
            await self._apply_fault(fault, region)
        return answer

    async def _apply_fault(self, fault: Fault, region: str) -> None:
        if fault.hang:
            await asyncio.Event().wait()  # until the client times out, which cancels this call
        if fault.status:
            raise self._failure(fault, region)

    def _failure(self, fault: Fault, region: str) -> Failure:
        code = grpc.StatusCode[fault.status]
        project, host = self.world.project, self.service.host
        if fault.reason == "SERVICE_DISABLED":
            usual = disabled(host, self.service.title, project)
        elif code is grpc.StatusCode.PERMISSION_DENIED:
            usual = denied(self.method.permission, f"projects/{project}/locations/{region}", host)
        elif code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            metric = f"{host}/{self.service.alias}_requests"
            usual = exhausted(host, project, metric=metric, limit=f"{self.method.name} per minute per region")
        else:
            usual = Failure(code, f"{self.service.title} answered {fault.status}.")
        details = (*usual.details, retry_info(fault.retry_delay)) if fault.retry_delay else usual.details
        return Failure(code, fault.message or usual.message, details)


async def _sleep_until(when: float) -> None:
    await asyncio.sleep(max(0.0, when - asyncio.get_running_loop().time()))
