import type { FastifyRequest } from "fastify";
import type { ApprovalRecord } from "../../connectors/store/parts/approval-store.ts";
import {
  type Approval,
  ApprovalDecisionRequest,
  ApprovalParams,
  ApprovalResponse,
  ApprovalsQuery,
  ApprovalsResponse,
} from "../../contracts/http-approvals.ts";
import { PalyraError } from "../../platform/errors.ts";
import type { ApprovalDesk } from "../approvals/approval-desk.ts";
import { callerOf } from "./channel-routes.ts";
import type { Caller, ZodApp } from "./zod-app.ts";

export interface ApprovalRouteParts {
  /** @throws `service_unavailable` while the store is not open */
  readonly approvals: () => ApprovalDesk;
}

/** Risky actions that wait for the owner, alike on both surfaces. */
export function addApprovalRoutes(app: ZodApp, parts: ApprovalRouteParts): void {
  const tags = ["approvals"];
  app.get(
    "/approvals",
    {
      schema: {
        tags,
        summary: "Risky actions that were asked for, newest first",
        querystring: ApprovalsQuery,
        response: { 200: ApprovalsResponse },
      },
    },
    async (request) => {
      adminOf(request);
      return await listOf(parts.approvals(), request.query);
    },
  );
  app.get(
    "/approvals/:approval_id",
    {
      schema: {
        tags,
        summary: "One of them",
        params: ApprovalParams,
        response: { 200: ApprovalResponse },
      },
    },
    async (request) => {
      adminOf(request);
      return { approval: shown(await parts.approvals().get(request.params.approval_id)) };
    },
  );
  app.post(
    "/approvals/:approval_id/decision",
    {
      schema: {
        tags,
        summary: "Allow it once, or deny it; never by who asked",
        params: ApprovalParams,
        body: ApprovalDecisionRequest,
        response: { 200: ApprovalResponse },
      },
    },
    async (request) => {
      const { approved, reason } = request.body;
      const decided = await parts.approvals().decide(request.params.approval_id, {
        verdict: approved ? "allow" : "deny",
        by: adminOf(request),
        reason: reason ?? null,
      });
      return { approval: shown(decided) };
    },
  );
}

/** @throws `forbidden` for who is no administrator */
function adminOf(request: Pick<FastifyRequest, "caller">): Caller {
  const caller = callerOf(request);
  if (caller.principal.startsWith("admin:")) return caller;
  throw new PalyraError(
    "forbidden",
    "Only principals that begin with “admin:” may see and decide approvals.",
  );
}

async function listOf(desk: ApprovalDesk, query: ApprovalsQuery): Promise<ApprovalsResponse> {
  const given = {
    before: query.after_approval_id,
    states: query.state === undefined ? undefined : [query.state],
    subjectType: query.subject_type,
    subjectId: query.subject_id,
    principal: query.principal,
    since: query.since_unix_ms,
    until: query.until_unix_ms,
  };
  const filters = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  // One more than asked for tells whether there is another page.
  const found = await desk.list({ ...filters, limit: query.limit + 1 });
  const page = found.slice(0, query.limit);
  return {
    approvals: page.map(shown),
    next_after_approval_id: found.length > page.length ? (page.at(-1)?.approvalId ?? null) : null,
    pending_count: desk.pending.count,
  };
}

function shown(record: ApprovalRecord): Approval {
  const { decision, state } = record;
  return {
    approval_id: record.approvalId,
    state,
    subject_type: record.subjectType,
    subject_id: record.subjectId,
    request_summary: record.sentence,
    risk: record.risk,
    principal: record.requestedBy.principal,
    surface: record.requestedBy.surface,
    policy: { action: record.action, resource: record.resource, reason: record.policyReason },
    digest: record.digest,
    requested_at_unix_ms: record.requestedAt,
    expires_at_unix_ms: record.expiresAt,
    decision: decisionOf(record),
    decision_scope: "once",
    decision_reason: decision?.reason ?? null,
    decided_by: decision?.by.principal ?? null,
    decided_via: decision?.by.surface ?? null,
    resolved_at_unix_ms: decision?.at ?? (state === "expired" ? record.finishedAt : null),
    finished_at_unix_ms: record.finishedAt,
  };
}

function decisionOf({ decision, state }: ApprovalRecord): Approval["decision"] {
  if (decision !== null) return state === "denied" ? "deny" : "allow";
  return state === "expired" ? "timeout" : null;
}
