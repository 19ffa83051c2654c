"""W&B over GraphQL (interim)."""
from __future__ import annotations
import json
from datetime import datetime, UTC
import aiohttp
from bot.errors import Problem, ProblemKind, ServiceError
from bot.models.cloud import QueueItem, QueueItemState, Run, RunState

def _t(v):
    if not v: return None
    d = datetime.fromisoformat(v.replace("Z", "+00:00"))
    return d if d.tzinfo else d.replace(tzinfo=UTC)
PUSH = "mutation pushToRunQueueByName($entityName:String!,$projectName:String!,$queueName:String!,$runSpec:JSONString!){pushToRunQueueByName(input:{entityName:$entityName,projectName:$projectName,queueName:$queueName,runSpec:$runSpec}){runQueueItemId}}"
ITEMS = "query Items($e:String!,$p:String!,$q:String!){project(entityName:$e,name:$p){runQueue(name:$q){id runQueueItems(first:100){edges{node{id state runSpec associatedRunId createdAt error{message}}}}}}}"
RUNS = "query Runs($e:String!,$p:String!,$f:JSONString,$o:String,$n:Int){project(entityName:$e,name:$p){runs(filters:$f,order:$o,first:$n){edges{node{name displayName state createdAt heartbeatAt user{username}}}}}}"
DEL = "mutation Del($queueID:ID!,$runQueueItemId:ID!){deleteFromRunQueue(input:{queueID:$queueID,runQueueItemId:$runQueueItemId}){success}}"
class Wandb:
    def __init__(self, settings, secrets):
        self.s = settings; self.key = secrets.wandb_api_key.get_secret_value(); self._http = None; self.qid = ""
    async def warm(self): pass
    async def close(self):
        if self._http: await self._http.close()
    async def _q(self, query, variables, deadline=10):
        if not self._http: self._http = aiohttp.ClientSession()
        try:
            async with self._http.post(self.s.wandb.base_url + "/graphql", json={"query": query, "variables": variables}, auth=aiohttp.BasicAuth("api", self.key), timeout=aiohttp.ClientTimeout(total=deadline)) as r:
                if r.status >= 400: raise ServiceError(Problem(ProblemKind.UNAVAILABLE if r.status >= 500 else ProblemKind.DENIED, "W&B", f"HTTP {r.status}", effectless=r.status < 500))
                d = await r.json()
        except aiohttp.ClientConnectorError: raise ServiceError(Problem(ProblemKind.UNAVAILABLE, "W&B", "could not be reached", effectless=True))
        except aiohttp.ClientError: raise ServiceError(Problem(ProblemKind.UNAVAILABLE, "W&B", "could not be reached"))
        except TimeoutError: raise ServiceError(Problem(ProblemKind.TIMED_OUT, "W&B", "did not answer in time"))
        if d.get("errors"): raise ServiceError(Problem(ProblemKind.INVALID, "W&B", str(d["errors"])[:200]))
        return d["data"]
    async def enqueue(self, item):
        w = self.s.wandb
        spec = {"overrides": {"args": list(item.args), "entry_point": list(item.entry_point)}, "entity": w.entity, "project": w.project, "name": item.name, "author": item.author, "docker": {"docker_image": item.image}, "resource": "gcp-vertex", "resource_args": json.loads(item.resource_args), "run_id": item.run_id, "git": {}}
        d = await self._q(PUSH, {"entityName": w.entity, "projectName": "model-registry", "queueName": item.queue, "runSpec": json.dumps(spec)})
        return d["pushToRunQueueByName"]["runQueueItemId"]
    async def list_items(self, queue, *, deadline):
        d = await self._q(ITEMS, {"e": self.s.wandb.entity, "p": "model-registry", "q": queue}, deadline)
        q = (d["project"] or {}).get("runQueue") or {}
        self.qid = q.get("id", "")
        out = []
        for e in (q.get("runQueueItems") or {}).get("edges", []):
            n = e["node"]; sp = n["runSpec"]; sp = json.loads(sp) if isinstance(sp, str) else (sp or {})
            out.append(QueueItem(n["id"], QueueItemState(n["state"].lower()), queue, sp.get("run_id", ""), sp.get("name", "") or "", sp.get("author", "") or "", _t(n["createdAt"]), (n.get("error") or {}).get("message", "") or ""))
        return tuple(out)
    async def remove_item(self, item_id, queue):
        d = await self._q(DEL, {"queueID": self.qid, "runQueueItemId": item_id}); return bool(d["deleteFromRunQueue"]["success"])
    async def _runs(self, f, n, deadline):
        d = await self._q(RUNS, {"e": self.s.wandb.entity, "p": self.s.wandb.project, "f": json.dumps(f), "o": "-created_at", "n": n}, deadline)
        return tuple(Run(n["name"], n["displayName"], RunState(n["state"]), (n.get("user") or {}).get("username", ""), _t(n["createdAt"]), _t(n["heartbeatAt"]), None, f"https://wandb.ai/{self.s.wandb.entity}/{self.s.wandb.project}/runs/{n['name']}") for n in (x["node"] for x in ((d["project"] or {}).get("runs") or {}).get("edges", [])))
    async def find_run(self, run_id):
        r = await self._runs({"name": run_id}, 1, 10); return r[0] if r else None
    async def list_active(self, *, deadline): return await self._runs({"state": {"$in": ["running", "pending"]}}, 100, deadline)
    async def list_completed(self, *, limit, deadline): return await self._runs({"state": {"$in": ["finished", "failed", "crashed", "killed"]}}, limit, deadline)
    async def final_metrics(self, run_id, keys): return ()
    async def history(self, run_id, key, *, samples): return ()
    async def stop_run(self, run_id): return False
