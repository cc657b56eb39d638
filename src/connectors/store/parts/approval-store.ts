import type { ApprovalRisk, ApprovalState, ApprovalSubject } from "../../../contracts/approvals.ts";
import type { EventLevel } from "./event-store.ts";

/** Who asks or decides. */
export interface ApprovalActor {
  /** E.g. `admin:local`, `agent:main`, `owner`. */
  readonly principal: string;
  /** The way by which the request or the decision came, e.g. `console`. */
  readonly surface: string;
}

/** A risky action that somebody asked for, and what became of it. Instants are Unix milliseconds. */
export interface ApprovalRecord {
  /** A ULID: a later request has a greater id. */
  readonly approvalId: string;
  readonly subjectType: ApprovalSubject;
  /** What exactly is acted upon, for programs. */
  readonly subjectId: string;
  /** The connector it belongs to and ends with; null for none. */
  readonly connectorId: string | null;
  /** Name of the action, e.g. `channel.message.delete`. */
  readonly action: string;
  readonly resource: string;
  /** How the risk came about, in machine words. */
  readonly policyReason: string;
  readonly risk: ApprovalRisk;
  /** What happens when it is allowed, in plain words. */
  readonly sentence: string;
  /** Digest of the exact action: the approval is good for nothing else. */
  readonly digest: string;
  readonly requestedBy: ApprovalActor;
  readonly requestedAt: number;
  readonly state: ApprovalState;
  /** Until then it has to be decided, and once allowed, used. */
  readonly expiresAt: number;
  readonly decision: {
    readonly by: ApprovalActor;
    readonly at: number;
    readonly reason: string | null;
  } | null;
  /** When it came to its end; null while it can still be decided or used. */
  readonly finishedAt: number | null;
}

/** One step of an approval, as an event. */
export interface ApprovalStep {
  readonly type: `approval.${"requested" | "allowed" | "denied" | "used" | "expired" | "withdrawn"}`;
  readonly level: EventLevel;
  readonly message: string;
}

/** What a step does to a record. Both absent: nothing. */
export interface ApprovalChange<T> {
  readonly record?: ApprovalRecord;
  readonly step?: ApprovalStep;
  readonly result: T;
}

/** Filters of a list; absent ones let everything through. */
export interface ApprovalQuery {
  readonly limit: number;
  /** Only ids smaller than this, for the next page. */
  readonly before?: string;
  readonly states?: readonly ApprovalState[];
  readonly subjectType?: ApprovalSubject;
  readonly subjectId?: string;
  readonly principal?: string;
  /** Requested at or after. */
  readonly since?: number;
  /** Requested before. */
  readonly until?: number;
}

/** Risky actions, those who asked, and the owner's word. Each change and its event are one transaction. */
export interface ApprovalStore {
  /**
   * Adds a request, unless `decide` says otherwise for what is open (pending or allowed) already.
   * @param decide gets the open request of the same principal and digest, and how many are pending
   */
  request<T>(
    digest: string,
    principal: string,
    now: number,
    decide: (same: ApprovalRecord | null, pending: number) => ApprovalChange<T>,
  ): Promise<T>;
  /** Changes one record; `decide` gets null when there is none. */
  update<T>(
    approvalId: string,
    now: number,
    decide: (record: ApprovalRecord | null) => ApprovalChange<T>,
  ): Promise<T>;
  get(approvalId: string): Promise<ApprovalRecord | null>;
  /** Newest first. */
  list(query: ApprovalQuery): Promise<ApprovalRecord[]>;
  /** Those that wait for the owner: their number, and the oldest of them. */
  pending(limit: number): Promise<{ readonly count: number; readonly first: readonly ApprovalRecord[] }>;
  /** Open ones whose time is over at `now`, at most `limit`. */
  due(now: number, limit: number): Promise<ApprovalRecord[]>;
  /** When the next open one is due; null when none is open. */
  nextDueAt(): Promise<number | null>;
}
