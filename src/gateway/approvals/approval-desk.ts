import { ulid } from "ulid";
import type {
  ApprovalActor,
  ApprovalQuery,
  ApprovalRecord,
  ApprovalStore,
} from "../../connectors/store/parts/approval-store.ts";
import { approvalBounds, ownerPrincipal, type PendingApprovals } from "../../contracts/approvals.ts";
import { PalyraError } from "../../platform/errors.ts";
import {
  type ApprovalDraft,
  decideApproval,
  expireApproval,
  requestApproval,
  type UseOutcome,
  useApproval,
  type Verdict,
  withdrawApproval,
} from "./approval-decisions.ts";

/** Requests that expire are settled in steps of so many. */
const expireBatch = 64;
/** Longest wait before the desk looks at the clock again by itself, in milliseconds: clocks are set back, too. */
const longestWaitMs = 60 * 60 * 1000;

/** What came of a question, for who asked it. */
export type Decision =
  /** It may be done now, this once. */
  | { readonly kind: "allowed"; readonly approvalId: string }
  | { readonly kind: "denied"; readonly approvalId: string; readonly reason: string | null }
  /** Nobody decided in time, or the allowed action was not begun in time. */
  | { readonly kind: "expired"; readonly approvalId: string };

export interface ApprovalDeskOptions {
  readonly store: ApprovalStore;
  /** Takes secrets out of what people see. */
  readonly redact: (text: string) => string;
  /** What waits has changed. */
  readonly changed: () => void;
  /** The store failed in the background. */
  readonly onFault: (thrown: unknown) => void;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

/**
 * Where risky actions wait for the owner. A request is durable before anybody hears of it, is decided once by
 * somebody other than who asked, and lets exactly the action through that was shown, exactly once.
 */
export class ApprovalDesk {
  readonly #store: ApprovalStore;
  readonly #options: ApprovalDeskOptions;
  readonly #now: () => number;
  readonly #waiting = new Map<string, Set<() => void>>();
  #pending: PendingApprovals = { count: 0, first: [] };
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: ApprovalDeskOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#now = options.now ?? Date.now;
  }

  /** Takes up what waited when the gateway ended. */
  async open(): Promise<void> {
    await this.#settleExpired();
  }

  /** Those who wait for a decision are told that there is none to be had here. The requests stay. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const id of [...this.#waiting.keys()]) this.#wake(id);
  }

  /** What waits for the owner. */
  get pending(): PendingApprovals {
    return this.#pending;
  }

  /**
   * Asks for an approval; the same request again, while it is open, is the one that waits already.
   * @throws `rate_limited` when too many wait
   */
  async request(draft: ApprovalDraft): Promise<ApprovalRecord> {
    const now = this.#now();
    const clean = { ...draft, sentence: this.#options.redact(draft.sentence) };
    const outcome = await this.#store.request(
      draft.digest,
      draft.requestedBy.principal,
      now,
      (same, pending) => requestApproval(clean, ulid(now), same, pending, now),
    );
    if (outcome.kind === "full") {
      throw new PalyraError("rate_limited", `${outcome.waiting} risky actions wait for the owner already.`, {
        nextStep: "Allow or deny some of them first.",
      });
    }
    if (outcome.kind === "requested") await this.#changed(null);
    return outcome.record;
  }

  /**
   * Takes the owner's word.
   * @throws `not_found`; `forbidden` when who asked decides, or on the admin API what was asked there;
   *   `conflict` when it does not wait any more
   */
  async decide(approvalId: string, verdict: Verdict): Promise<ApprovalRecord> {
    const now = this.#now();
    const reason = verdict.reason === null ? null : this.#options.redact(verdict.reason);
    const outcome = await this.#store.update(approvalId, now, (record) =>
      decideApproval(record, { ...verdict, reason }, now),
    );
    switch (outcome.kind) {
      case "decided":
        await this.#changed(approvalId);
        return outcome.record;
      case "unknown":
        throw unknownApproval(approvalId);
      case "own_request":
        throw new PalyraError("forbidden", "Who asks for an approval cannot decide about it.", {
          nextStep: "Decide in VS Code, with “palyra approvals”, or in the console under another name.",
        });
      case "not_pending":
        await this.#changed(approvalId);
        throw new PalyraError(
          "conflict",
          `The approval is not waiting any more: it ${endOf(outcome.record)}.`,
          {
            nextStep: "Look at what waits now.",
          },
        );
    }
  }

  /** Uses an approval up for the action with this digest; only `used` lets it through. */
  async use(approvalId: string, digest: string): Promise<UseOutcome> {
    const now = this.#now();
    const outcome = await this.#store.update(approvalId, now, (record) => useApproval(record, digest, now));
    if (outcome.kind === "used" || outcome.kind === "expired") await this.#changed(approvalId);
    return outcome;
  }

  /**
   * Asks, waits for the owner, and uses the approval up: after `allowed` the action is to be done at once, and is
   * never allowed by it again. A request whose signal is aborted is taken back.
   * @throws the signal's reason; `rate_limited` as `request`; `service_unavailable` when the gateway stops, and
   *   then the request still waits
   */
  async ask(draft: ApprovalDraft, signal: AbortSignal): Promise<Decision> {
    for (;;) {
      signal.throwIfAborted();
      const { approvalId } = await this.request(draft);
      await this.#decided(approvalId, signal);
      const outcome = await this.use(approvalId, draft.digest);
      switch (outcome.kind) {
        case "used":
          return { kind: "allowed", approvalId };
        case "denied":
          return { kind: "denied", approvalId, reason: outcome.record.decision?.reason ?? null };
        case "expired":
          return { kind: "expired", approvalId };
        case "unknown":
          throw unknownApproval(approvalId);
        case "pending":
        case "used_before":
        case "withdrawn":
        case "other_request":
          // Another one with the very same question was quicker: this one is a question of its own.
          continue;
      }
    }
  }

  /** @throws `not_found` */
  async get(approvalId: string): Promise<ApprovalRecord> {
    const record = await this.#store.get(approvalId);
    if (record === null) throw unknownApproval(approvalId);
    return expireApproval(record, this.#now()).result;
  }

  /** Newest first. */
  list(query: ApprovalQuery): Promise<ApprovalRecord[]> {
    return this.#store.list(query);
  }

  /** Resolves when a request does not wait any more. */
  async #decided(approvalId: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const woken = this.#nextChange(approvalId, signal);
      try {
        if ((await this.#store.get(approvalId))?.state !== "pending") return;
        if (this.#closed) throw new PalyraError("service_unavailable", "The gateway stops.");
        await woken.promise;
      } finally {
        woken.forget();
      }
      if (!signal.aborted) continue;
      const now = this.#now();
      await this.#store.update(approvalId, now, (record) => withdrawApproval(record, now));
      await this.#changed(approvalId);
      throw signal.reason;
    }
  }

  #nextChange(approvalId: string, signal: AbortSignal): { promise: Promise<void>; forget: () => void } {
    let wake = (): void => undefined;
    const promise = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const listeners = this.#waiting.get(approvalId) ?? new Set();
    this.#waiting.set(approvalId, listeners.add(wake));
    signal.addEventListener("abort", wake);
    if (signal.aborted) wake();
    return {
      promise,
      forget: () => {
        signal.removeEventListener("abort", wake);
        listeners.delete(wake);
        if (listeners.size === 0) this.#waiting.delete(approvalId);
      },
    };
  }

  #wake(approvalId: string): void {
    for (const resolve of this.#waiting.get(approvalId) ?? []) resolve();
  }

  async #changed(approvalId: string | null): Promise<void> {
    if (approvalId !== null) this.#wake(approvalId);
    const { count, first } = await this.#store.pending(approvalBounds.shown);
    this.#pending = {
      count,
      first: first.map((record) => ({
        approval_id: record.approvalId,
        sentence: record.sentence,
        risk: record.risk,
        requested_by: record.requestedBy.principal,
        requested_at_unix_ms: record.requestedAt,
        expires_at_unix_ms: record.expiresAt,
      })),
    };
    await this.#armTimer();
    this.#options.changed();
  }

  async #armTimer(): Promise<void> {
    const due = await this.#store.nextDueAt();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (due === null || this.#closed) return;
    this.#timer = setTimeout(
      () => {
        this.#settleExpired().catch((thrown: unknown) => this.#options.onFault(thrown));
      },
      Math.min(Math.max(0, due - this.#now()), longestWaitMs),
    );
    this.#timer.unref();
  }

  async #settleExpired(): Promise<void> {
    const now = this.#now();
    for (;;) {
      const due = await this.#store.due(now, expireBatch);
      for (const { approvalId } of due) {
        await this.#store.update(approvalId, now, (record) =>
          record === null ? { result: null } : expireApproval(record, now),
        );
        this.#wake(approvalId);
      }
      if (due.length < expireBatch) break;
    }
    await this.#changed(null);
  }
}

/** Who decides when the owner's own hosts do, over the control link. */
export function ownerActor(via: string): ApprovalActor {
  return { principal: ownerPrincipal, surface: via };
}

function unknownApproval(approvalId: string): PalyraError {
  return new PalyraError("not_found", `There is no approval ${approvalId}.`);
}

/** How it stands with an approval that does not wait, in the words after “it”. */
export function endOf({ state }: Pick<ApprovalRecord, "state">): string {
  const words: Readonly<Record<ApprovalRecord["state"], string>> = {
    pending: "waits",
    allowed: "was allowed",
    denied: "was denied",
    used: "was allowed and used",
    expired: "has expired",
    withdrawn: "was taken back",
  };
  return words[state];
}
