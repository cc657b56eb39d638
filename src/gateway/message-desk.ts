import type { ConnectorAdapter } from "../connectors/connector-adapter.ts";
import type { ConnectorSupervisor } from "../connectors/connector-supervisor.ts";
import type { ApprovalActor, ApprovalRecord } from "../connectors/store/parts/approval-store.ts";
import type { ApprovalRequired, MutationResponse } from "../contracts/http-channels.ts";
import {
  type MessageChange,
  type MessageLocator,
  MessageMutationResult,
  type MessageRecord,
  type OperationPreflight,
  ReadMessagesRequest,
  ReadMessagesResult,
  type SearchMessagesRequest,
  SearchMessagesResult,
} from "../contracts/message-admin.ts";
import { PalyraError } from "../platform/errors.ts";
import { type ApprovalDesk, endOf } from "./approvals/approval-desk.ts";
import { judgeMutation, mutationSentence, redactedMessage, requestDigest } from "./message-governance.ts";

type Mutation = (adapter: ConnectorAdapter) => Promise<MessageMutationResult> | undefined;

export interface MutationRequest {
  readonly connectorId: string;
  readonly change: MessageChange;
  /** In whose name it is asked for, and by which way. */
  readonly by: ApprovalActor;
  /** The whole request without the approval. */
  readonly request: { readonly locator: MessageLocator };
  readonly approvalId: string | undefined;
  readonly run: Mutation;
}

/**
 * Administration of messages that exist: read, search, and change. What is risky waits for the owner: it is
 * answered with an approval, and done when the same request comes again with it after the owner allowed it.
 */
export class MessageDesk {
  readonly #connectors: ConnectorSupervisor;
  readonly #approvals: ApprovalDesk;
  readonly #redact: (text: string) => string;

  /** @param redact takes secrets out of what is shown of a message that waits for the owner's word */
  constructor(connectors: ConnectorSupervisor, approvals: ApprovalDesk, redact: (text: string) => string) {
    this.#connectors = connectors;
    this.#approvals = approvals;
    this.#redact = redact;
  }

  async read(connectorId: string, request: ReadMessagesRequest): Promise<ReadMessagesResult> {
    const adapter = this.#adapter(connectorId);
    const result = ReadMessagesResult.parse(
      await required(adapter.readMessages?.(request), connectorId, "reading messages"),
    );
    this.#audit(connectorId, result.preflight, { messages: result.messages.length, target: result.target });
    // What the bot may not read is not shown, whatever the adapter found.
    return result.preflight.allowed
      ? result
      : { ...result, messages: [], next_before_message_id: null, next_after_message_id: null };
  }

  async search(connectorId: string, request: SearchMessagesRequest): Promise<SearchMessagesResult> {
    const adapter = this.#adapter(connectorId);
    const result = SearchMessagesResult.parse(
      await required(adapter.searchMessages?.(request), connectorId, "searching messages"),
    );
    this.#audit(connectorId, result.preflight, { matches: result.matches.length, target: result.target });
    return result.preflight.allowed ? result : { ...result, matches: [], next_before_message_id: null };
  }

  /**
   * Changes a message, or says which approval it waits for. What the provider would refuse anyway waits for none.
   * @throws `forbidden` when the approval was denied, used, has expired or is for another request; `not_found`
   */
  async mutate(asked: MutationRequest): Promise<MutationResponse> {
    const { connectorId, change, by, request, approvalId } = asked;
    const { operation } = change;
    const adapter = this.#adapter(connectorId);
    const message = await this.#preview(connectorId, request.locator);
    const isDefault = connectorId.endsWith(":default");
    const verdict = judgeMutation(operation, message, isDefault, Date.now());
    const digest = requestDigest(connectorId, operation, by.principal, request);
    if (approvalId !== undefined) {
      const waiting = await this.#use(approvalId, digest);
      if (waiting !== null) return approvalRequired(waiting, redactedMessage(message, this.#redact));
    } else if (verdict.approvalRequired) {
      const refusal = (await adapter.mutationRefusal?.(change, request.locator)) ?? null;
      if (refusal !== null) return this.#done(connectorId, MessageMutationResult.parse(refusal));
      const { conversation_id, message_id } = request.locator;
      const record = await this.#approvals.request({
        subjectType: "message",
        subjectId: `channel-message:${connectorId}:${operation}:${conversation_id}:${message_id}`,
        connectorId,
        action: `channel.message.${operation}`,
        resource: `channel:${connectorId}:message:${conversation_id}:${message_id}`,
        policyReason: verdict.reason,
        risk: verdict.risk,
        sentence: mutationSentence(change, this.#placeOf(connectorId, request.locator), message),
        digest,
        requestedBy: by,
      });
      return approvalRequired(record, redactedMessage(message, this.#redact));
    }
    const result = MessageMutationResult.parse(
      await required(asked.run(adapter), connectorId, `the operation ${operation}`),
    );
    return this.#done(connectorId, result);
  }

  #done(connectorId: string, result: MessageMutationResult): MutationResponse {
    this.#audit(connectorId, result.preflight, { locator: result.locator, status: result.status });
    return { result };
  }

  #placeOf(connectorId: string, { conversation_id, thread_id }: MessageLocator): string {
    return `${this.#connectors.conversationName(connectorId, thread_id ?? conversation_id)} (${connectorId})`;
  }

  async #preview(connectorId: string, locator: MessageLocator): Promise<MessageRecord> {
    const exact = ReadMessagesRequest.parse({ ...locator, limit: 1 });
    const [message] = (await this.read(connectorId, exact)).messages;
    if (message !== undefined) return message;
    throw new PalyraError("not_found", `Message ${locator.message_id} cannot be read there.`);
  }

  /** Uses an approval up. @returns the approval when it still waits for the owner, null when it was used */
  async #use(approvalId: string, digest: string): Promise<ApprovalRecord | null> {
    const outcome = await this.#approvals.use(approvalId, digest);
    switch (outcome.kind) {
      case "used":
        return null;
      case "pending":
        return outcome.record;
      case "unknown":
        throw refused("The approval does not exist.");
      case "other_request":
        throw refused("The approval was given for another request.");
      case "used_before":
        throw refused("The approval was used before.");
      case "denied": {
        const reason = outcome.record.decision?.reason ?? null;
        throw new PalyraError("forbidden", `The owner denied this${reason === null ? "." : `: ${reason}`}`, {
          nextStep: "Ask the owner before you try again.",
        });
      }
      case "expired":
      case "withdrawn":
        throw refused(`The approval cannot be used: it ${endOf(outcome.record)}.`);
    }
  }

  #audit(connectorId: string, preflight: OperationPreflight, details: Record<string, unknown>): void {
    const { allowed, audit_event_type, policy_action, approval_mode, risk_level, reason } = preflight;
    const type = audit_event_type.startsWith("message.")
      ? audit_event_type.slice("message.".length)
      : audit_event_type;
    this.#connectors.note(connectorId, {
      type: `message.${type}`,
      level: allowed ? "info" : "warn",
      message: allowed ? "Messages were administrated." : "The operation is not allowed to the bot.",
      details: { ...details, policy_action, approval_mode, risk_level, reason },
    });
  }

  #adapter(connectorId: string): ConnectorAdapter {
    return this.#connectors.enabled(connectorId).adapter;
  }
}

async function required<T>(result: Promise<T> | undefined, connectorId: string, what: string): Promise<T> {
  if (result !== undefined) return await result;
  throw new PalyraError("failed_precondition", `${connectorId} does not support ${what}.`);
}

function refused(message: string): PalyraError {
  return new PalyraError("forbidden", message, {
    nextStep: "Send the request without an approval to get a new one.",
  });
}

function approvalRequired(record: ApprovalRecord, preview: MessageRecord): ApprovalRequired {
  return {
    approval_required: true,
    approval: {
      approval_id: record.approvalId,
      state: record.state === "allowed" ? "allowed" : "pending",
      subject: record.subjectId,
      sentence: record.sentence,
      expires_at_unix_ms: record.expiresAt,
      options: ["allow_once", "deny_once"],
    },
    policy: {
      action: record.action,
      resource: record.resource,
      risk: record.risk,
      reason: record.policyReason,
    },
    preview,
  };
}
