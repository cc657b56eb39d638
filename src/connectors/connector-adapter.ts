import type { DeliveryOutcome, InboundMessageEvent, OutboundMessageRequest } from "../contracts/connector.ts";
import type { ErrorDetails } from "../contracts/errors.ts";
import type {
  DeleteMessageRequest,
  EditMessageRequest,
  MessageChange,
  MessageLocator,
  MessageMutationResult,
  ReactionRequest,
  ReadMessagesRequest,
  ReadMessagesResult,
  SearchMessagesRequest,
  SearchMessagesResult,
} from "../contracts/message-admin.ts";
import type { ConnectorLiveness, ConnectorReadiness } from "../contracts/sidecar-status.ts";
import type { FetchResult, WantedFiles } from "./attachments/fetched-file.ts";
import type { ResumableSession } from "./connector-store.ts";
import type { JournalEntry } from "./supervisor/connector-journal.ts";

/** What an adapter knows of its own connection. */
export interface AdapterState {
  readonly readiness: ConnectorReadiness;
  readonly liveness: ConnectorLiveness;
  /** Name people know the bot by. */
  readonly identity: string | null;
  /** The bot's own id at the provider, as soon as it is known: two connectors with one id share an account. */
  readonly accountId?: string | null;
  /** Whether the provider's events arrive now. A send that fails meanwhile says nothing against it. */
  readonly connected: boolean;
  /** Whether sending makes sense at all; while it is false, replies wait in the outbox. */
  readonly canSend: boolean;
  readonly sessionsStarted: number;
  readonly sessionsResumed: number;
  readonly lastError: ErrorDetails | null;
}

/** What the core offers to one adapter. */
export interface AdapterHost {
  /**
   * Makes an event durable, with the session that delivered it. The adapter must not let the provider
   * forget the event before this resolves. Rejects when the store failed: nothing was kept.
   */
  accept(event: InboundMessageEvent, session: ResumableSession | null): Promise<void>;
  loadSession(): Promise<ResumableSession | null>;
  saveSession(session: ResumableSession | null): Promise<void>;
  /** Newest known provider message id of each conversation. */
  watermarks(): Promise<ReadonlyMap<string, string>>;
  /**
   * A new provider session begins and what was written before it may be missing: to be called before its first
   * event is accepted, so that the watermarks stay until `closeGap`, also over a crash.
   */
  openGaps(): Promise<void>;
  /** What was missed in a conversation has been accepted. */
  closeGap(conversationId: string): Promise<void>;
  /** Adds to the events of the connector what its owner should know. Never throws, and nothing waits for it. */
  note(entry: JournalEntry): void;
  /** What was noted about conversations, over restarts. */
  loadNotes(): Promise<ReadonlyMap<string, string>>;
  /** Notes something about a conversation in the adapter's own form, at most 1,024 characters. */
  saveNote(conversationId: string, note: string): Promise<void>;
  /** Value of a secret; waits until somebody can be asked. */
  secret(ref: string, signal: AbortSignal): Promise<string>;
  /** To be called whenever `state()` may have changed. */
  stateChanged(): void;
}

/**
 * One connection of one account to one provider. Each instance has its own state; nothing is shared
 * between accounts.
 */
export interface ConnectorAdapter {
  /** Begins to connect, and goes on by itself until `stop`. */
  start(): void;
  /**
   * Ends the connection so that another process can go on with the session. No event is accepted after;
   * sending goes on until `dispose`.
   */
  stop(): Promise<void>;
  /** Lets go of everything else, after `stop`. */
  dispose(): void;
  state(): AdapterState;
  /** Cuts a reply into texts of the provider's size. */
  split(text: string): string[];
  /** Sends one message once. Never throws: what happened is the outcome. */
  send(request: OutboundMessageRequest): Promise<DeliveryOutcome>;
  /**
   * Looks whether an earlier attempt to send took effect, by reading back our own messages.
   * @param notBefore instant (ms) of the first attempt
   * @param others the provider's ids of messages that were delivered there since, and are not this one
   * @returns the provider's message id, null when it did not
   * @throws when it cannot be told now
   */
  findSent(
    request: OutboundMessageRequest,
    notBefore: number,
    others: ReadonlySet<string>,
  ): Promise<string | null>;
  /** Shows for some seconds that an answer is being written. Never throws: it is only a courtesy. */
  showTyping(conversationId: string): Promise<void>;
  /** Puts an emoji on a person's message. Never throws: it is only a courtesy. */
  react?(conversationId: string, providerMessageId: string, emoji: string): Promise<void>;
  /** How often `showTyping` must be repeated, in milliseconds. */
  readonly typingIntervalMs: number;
  /** A secret has a new value, or there is somebody new to ask. */
  credentialsChanged(ref: string | null): void;

  /** How people call a conversation, e.g. `#general` or `DM with Ada`; null when it is not known. No network. */
  conversationName?(conversationId: string): string | null;
  /** A wait the provider asks of the whole account, and of single routes, now in milliseconds. */
  rateLimits?(): AdapterRateLimits;
  /** Asks the provider anew who the bot is and what it may do. Rejects when it cannot be told. */
  refreshHealth?(request: HealthRefreshRequest): Promise<HealthRefresh>;

  /**
   * Fetches files of a message and keeps those that are allowed.
   * @returns what became of each, by its id; nothing where files are not fetched at all
   * @throws `service_unavailable` while the provider cannot be asked, `not_found` when the message is gone
   */
  fetchAttachments?(wanted: WantedFiles): Promise<ReadonlyMap<string, FetchResult>>;

  /**
   * Administration of messages, as far as the provider has it. A refusal by the provider is a result with a
   * denied preflight or the status `denied`; a rejected promise means that nothing is known.
   */
  readMessages?(request: ReadMessagesRequest): Promise<ReadMessagesResult>;
  searchMessages?(request: SearchMessagesRequest): Promise<SearchMessagesResult>;
  editMessage?(request: EditMessageRequest): Promise<MessageMutationResult>;
  deleteMessage?(request: DeleteMessageRequest): Promise<MessageMutationResult>;
  addReaction?(request: ReactionRequest): Promise<MessageMutationResult>;
  removeReaction?(request: ReactionRequest): Promise<MessageMutationResult>;
  /** Why a change would be denied now, so that nobody is asked to allow it; null when it would be tried. Changes nothing. */
  mutationRefusal?(change: MessageChange, locator: MessageLocator): Promise<MessageMutationResult | null>;
}

export interface AdapterRateLimits {
  /** Milliseconds; null when the account may send. */
  readonly globalRetryAfterMs: number | null;
  readonly routes: readonly { readonly route: string; readonly retryAfterMs: number }[];
}

export interface HealthRefreshRequest {
  /** Conversation in which the bot's permissions are to be looked at. */
  readonly conversationId: string | null;
}

export interface HealthRefresh {
  /** Name people know the bot by. */
  readonly identity: string;
  /** The bot's own id at the provider. */
  readonly accountId: string;
  readonly requiredPermissions: readonly string[];
  /** Null when no conversation was asked for. */
  readonly missingPermissions: readonly string[] | null;
  /** Sentences for people. */
  readonly warnings: readonly string[];
}
