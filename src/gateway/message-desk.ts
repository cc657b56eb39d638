import { ulid } from "ulid";
import type { ConnectorAdapter } from "../connectors/connector-adapter.ts";
import type { ConnectorStore } from "../connectors/connector-store.ts";
import type { ConnectorSupervisor } from "../connectors/connector-supervisor.ts";
import type { ApprovalRequired, MutationResponse } from "../contracts/http-channels.ts";
import {
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
import {
  judgeMutation,
  type MutationOperation,
  type MutationVerdict,
  requestDigest,
} from "./message-governance.ts";

/** How long an approval can be used, in milliseconds. */
const approvalMs = 900_000;

type Mutation = (adapter: ConnectorAdapter) => Promise<MessageMutationResult> | undefined;

export interface MutationRequest {
  readonly connectorId: string;
  readonly operation: MutationOperation;
  /** In whose name it is asked for. */
  readonly principal: string;
  /** The whole request without the approval. */
  readonly request: { readonly locator: MessageLocator };
  readonly approvalId: string | undefined;
  readonly run: Mutation;
}

/**
 * Administration of messages that exist: read, search, and change under approval. What is risky is answered with
 * an approval that is bound to the whole request and can be used once.
 */
export class MessageDesk {
  readonly #store: ConnectorStore;
  readonly #connectors: ConnectorSupervisor;

  constructor(store: ConnectorStore, connectors: ConnectorSupervisor) {
    this.#store = store;
    this.#connectors = connectors;
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

  async mutate(asked: MutationRequest): Promise<MutationResponse> {
    const { connectorId, operation, principal, request, approvalId } = asked;
    const adapter = this.#adapter(connectorId);
    const message = await this.#preview(connectorId, request.locator);
    const isDefault = connectorId.endsWith(":default");
    const verdict = judgeMutation(operation, message, isDefault, Date.now());
    const digest = requestDigest(connectorId, operation, principal, request);
    if (approvalId !== undefined) await this.#consume(approvalId, digest);
    else if (verdict.approvalRequired) return await this.#ask(asked, message, verdict, digest);
    const result = MessageMutationResult.parse(
      await required(asked.run(adapter), connectorId, `the operation ${operation}`),
    );
    this.#audit(connectorId, result.preflight, { locator: result.locator, status: result.status });
    return { result };
  }

  async #preview(connectorId: string, locator: MessageLocator): Promise<MessageRecord> {
    const exact = ReadMessagesRequest.parse({ ...locator, limit: 1 });
    const [message] = (await this.read(connectorId, exact)).messages;
    if (message !== undefined) return message;
    throw new PalyraError("not_found", `Message ${locator.message_id} cannot be read there.`);
  }

  async #consume(approvalId: string, digest: string): Promise<void> {
    const use = await this.#store.approvals.consume(approvalId, digest, Date.now());
    if (use === "consumed") return;
    const reasons = {
      unknown: "The approval does not exist.",
      other_request: "The approval was given for another request.",
      used_before: "The approval was used before.",
      expired: "The approval has expired.",
    };
    throw new PalyraError("forbidden", reasons[use], {
      nextStep: "Send the request without an approval to get a new one.",
    });
  }

  async #ask(
    { connectorId, operation, request }: MutationRequest,
    preview: MessageRecord,
    verdict: MutationVerdict,
    digest: string,
  ): Promise<ApprovalRequired> {
    const approvalId = ulid();
    const { conversation_id, message_id } = request.locator;
    const now = Date.now();
    const expiresAt = now + approvalMs;
    await this.#store.approvals.bind({ approvalId, connectorId, digest, expiresAt }, now);
    return {
      approval_required: true,
      approval: {
        approval_id: approvalId,
        subject: `channel-message:${connectorId}:${operation}:${conversation_id}:${message_id}`,
        expires_at_unix_ms: expiresAt,
        options: ["allow_once", "deny_once"],
      },
      policy: {
        action: `channel.message.${operation}`,
        resource: `channel:${connectorId}:message:${conversation_id}:${message_id}`,
        risk: verdict.risk,
        reason: verdict.reason,
      },
      preview,
    };
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
    const instance = this.#connectors.running(connectorId);
    if (instance !== null) return instance.adapter;
    throw new PalyraError("conflict", `${connectorId} is disabled.`, { nextStep: "Enable it first." });
  }
}

async function required<T>(result: Promise<T> | undefined, connectorId: string, what: string): Promise<T> {
  if (result !== undefined) return await result;
  throw new PalyraError("failed_precondition", `${connectorId} does not support ${what}.`);
}
