import { setTimeout as pause } from "node:timers/promises";
import type { AgentTurn } from "../connectors/agent-turn.ts";
import { AttachmentFolder } from "../connectors/attachments/attachment-folder.ts";
import {
  type AttachmentLimits,
  judgeDownload,
  judgeUpload,
  limitsOf,
  type RefusedAttachment,
  refusalTexts,
  refused,
} from "../connectors/attachments/attachment-policy.ts";
import type { AttachmentSetup, FetchResult } from "../connectors/attachments/fetched-file.ts";
import { safeFilename } from "../connectors/attachments/safe-filename.ts";
import { sniffFile } from "../connectors/attachments/sniff-type.ts";
import type { ConnectorAdapter } from "../connectors/connector-adapter.ts";
import type { EventStore } from "../connectors/store/parts/event-store.ts";
import type { JournalEntry } from "../connectors/supervisor/connector-journal.ts";
import type { AttachmentRef, InboundMessageEvent, RoutedOutput } from "../contracts/connector.ts";
import type { MediaConfig, MediaStatus } from "../contracts/media-config.ts";
import { messageOf, PalyraError } from "../platform/errors.ts";
import type { Agent, AgentReply, NewFile, TurnFile } from "./agent/agent.ts";

/** Waits before a file that cannot be reached is asked for again, in milliseconds. */
const retryDelaysMs = [250, 1_000, 4_000] as const;
const recentLimit = 10;
const blockedTypes = ["attachment.metadata.blocked", "attachment.download.blocked"] as const;
const uploadTypes = ["attachment.upload.failed"] as const;

/** What the desk needs of the connector a message came with. */
export interface FileConnector {
  /** Null when the connector has no files, or does not run any more. */
  readonly adapter: Pick<ConnectorAdapter, "fetchAttachments"> | null;
  note(entry: JournalEntry): void;
}

export interface AttachmentDeskOptions {
  /** Where files are kept. */
  readonly folder: string;
  readonly config: () => MediaConfig;
  /** Digests of the files of messages that are still to be sent. */
  readonly held: () => Promise<ReadonlySet<string>>;
}

/** Files on their way between messages and the agent, both ways. What is refused is told to the agent and noted. */
export class AttachmentDesk implements AttachmentSetup {
  readonly folder: AttachmentFolder;
  readonly #config: () => MediaConfig;

  private constructor(folder: AttachmentFolder, config: () => MediaConfig) {
    this.folder = folder;
    this.#config = config;
  }

  static async open({ folder, config, held }: AttachmentDeskOptions): Promise<AttachmentDesk> {
    const limits = (): AttachmentLimits => limitsOf(config());
    return new AttachmentDesk(await AttachmentFolder.open(folder, { limits, held }, Date.now()), config);
  }

  /** The limits as the configuration has them now. */
  get limits(): AttachmentLimits {
    return limitsOf(this.#config());
  }

  /** Fetches the files of a message as far as they are allowed; those that are not are still named. */
  async receive(
    event: InboundMessageEvent,
    connector: FileConnector,
    signal: AbortSignal,
  ): Promise<TurnFile[]> {
    const verdicts = event.attachments.map((file) => judgeDownload(file, event.attachments, this.limits));
    const wanted = event.attachments.filter((_, index) => verdicts[index]?.allowed === true);
    const fetched = await this.#fetch(event, wanted, connector, signal);
    return event.attachments.map((file, index) => {
      const verdict = verdicts[index];
      const isRefused = verdict !== undefined && !verdict.allowed;
      const content = isRefused ? verdict : contentOf(fetched.get(file.attachment_id));
      const turnFile = turnFileOf(file, content);
      connector.note(
        arrivalNote(event, turnFile, isRefused && verdict.reason !== "attachment_download_disabled"),
      );
      return turnFile;
    });
  }

  /**
   * An answer of the agent with its files kept for sending; for one that may not be sent, the text says so.
   * @param replyTo message that is answered, null for none
   */
  async output(reply: AgentReply, replyTo: string | null, connector: FileConnector): Promise<RoutedOutput> {
    const files = reply.files ?? [];
    const sizes = files.map(({ content }) => content.byteLength);
    const attachments: { digest: string; filename: string }[] = [];
    const notes: string[] = [];
    for (const file of files) {
      const filename = safeFilename(file.name);
      const kept = await this.#keep(file, sizes);
      if (typeof kept === "string") {
        attachments.push({ digest: kept, filename });
        continue;
      }
      notes.push(`(${filename} was not sent: ${refusalTexts[kept.reason]}.)`);
      connector.note({
        type: "attachment.upload.failed",
        level: "warn",
        message: `${filename} was not sent: ${refusalTexts[kept.reason]}.`,
        details: { reason: kept.reason, detail: kept.detail },
      });
    }
    const text = [reply.text, ...notes].join("\n");
    return { text, in_reply_to_message_id: replyTo, ...(attachments.length > 0 ? { attachments } : {}) };
  }

  /** What the status of a connector shows. */
  async status(connectorId: string, events: Pick<EventStore, "list">): Promise<MediaStatus> {
    const recent = async (types: readonly string[]): Promise<string[]> =>
      (await events.list({ connectorId, types, limit: recentLimit })).map(({ message }) => message);
    const policy = this.#config();
    const { files, bytes } = this.folder.usage;
    return {
      policy,
      usage: { artifact_count: files, stored_bytes: bytes },
      retention: {
        max_store_bytes: policy.store_max_bytes,
        max_store_artifacts: policy.store_max_artifacts,
        ttl_ms: policy.retention_ttl_ms,
      },
      recent_blocked_reasons: await recent(blockedTypes),
      recent_upload_failures: await recent(uploadTypes),
    };
  }

  /** The digest of a file that may be sent. */
  async #keep({ content }: NewFile, sizes: readonly number[]): Promise<string | RefusedAttachment> {
    const verdict = judgeUpload(sniffFile(content)?.type ?? null, content.byteLength, sizes, this.limits);
    if (!verdict.allowed) return verdict;
    try {
      return await this.folder.put(content, Date.now());
    } catch (thrown) {
      // A full folder must not cost the answer; a disk that fails is for the retry of the turn.
      if (!(thrown instanceof PalyraError && thrown.code === "payload_too_large")) throw thrown;
      return refused("attachment_store_full", thrown.message);
    }
  }

  /** What became of the files that may be fetched. What cannot be reached is asked for a few times. */
  async #fetch(
    event: InboundMessageEvent,
    wanted: readonly AttachmentRef[],
    connector: FileConnector,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, FetchResult>> {
    const results = new Map<string, FetchResult>();
    for (const [messageId, files] of byMessage(event, wanted)) {
      let left = files.map(({ attachment_id }) => attachment_id);
      for (let attempt = 0; left.length > 0; attempt += 1) {
        const delay = retryDelaysMs[attempt];
        const source = { conversationId: event.conversation_id, messageId, attachmentIds: left };
        for (const [id, result] of await fetchOnce(connector, source)) results.set(id, result);
        left = left.filter((id) => results.get(id)?.kind === "unreachable");
        if (left.length === 0 || delay === undefined) break;
        await pause(delay, undefined, { signal });
      }
    }
    return results;
  }
}

/**
 * A turn of the agent with the files of the message before it and those of the answer behind it. It needs no plan of a
 * route, so that it also answers what came by none.
 */
export function fileTurn(
  agent: Agent,
  desk: Pick<AttachmentDesk, "receive" | "output">,
  connectorOf: (connectorId: string) => FileConnector,
): (event: InboundMessageEvent, signal: AbortSignal) => ReturnType<AgentTurn> {
  return async (event, signal) => {
    const connector = connectorOf(event.connector_id);
    const files = await desk.receive(event, connector, signal);
    const replies = await agent.reply(event, files, signal);
    return await Promise.all(
      replies.map((reply, index) =>
        desk.output(reply, index === 0 ? event.provider_message_id : null, connector),
      ),
    );
  };
}

function byMessage(
  event: InboundMessageEvent,
  files: readonly AttachmentRef[],
): Map<string, AttachmentRef[]> {
  const groups = new Map<string, AttachmentRef[]>();
  for (const file of files) {
    const messageId = file.provider_message_id ?? event.provider_message_id;
    groups.set(messageId, [...(groups.get(messageId) ?? []), file]);
  }
  return groups;
}

async function fetchOnce(
  { adapter }: FileConnector,
  wanted: Parameters<NonNullable<ConnectorAdapter["fetchAttachments"]>>[0],
): Promise<ReadonlyMap<string, FetchResult>> {
  const all = (result: FetchResult) => new Map(wanted.attachmentIds.map((id) => [id, result] as const));
  if (adapter?.fetchAttachments === undefined) return new Map();
  try {
    return await adapter.fetchAttachments(wanted);
  } catch (thrown) {
    if (thrown instanceof PalyraError && thrown.code === "not_found") {
      return all({ kind: "refused", verdict: refused("attachment_missing", thrown.message) });
    }
    // Whatever it is, the message is answered without the file when it stays.
    return all({ kind: "unreachable", detail: messageOf(thrown) });
  }
}

function contentOf(result: FetchResult | undefined): TurnFile["content"] {
  if (result === undefined) return refused("attachment_fetch_failed", "the connector does not fetch files");
  if (result.kind === "unreachable") return refused("attachment_fetch_failed", result.detail);
  return result.kind === "kept" ? result.file : result.verdict;
}

function turnFileOf(file: AttachmentRef, content: TurnFile["content"]): TurnFile {
  const bytes = "digest" in content ? content.bytes : file.size_bytes;
  return { name: safeFilename(file.filename ?? "file"), bytes, content };
}

function arrivalNote(
  event: InboundMessageEvent,
  { name, content }: TurnFile,
  byItsFacts: boolean,
): JournalEntry {
  const trace = { envelope_id: event.envelope_id };
  if ("digest" in content) {
    return {
      type: "attachment.download.stored",
      level: "info",
      message: `${name} was fetched.`,
      details: { ...trace, digest: content.digest, type: content.type, bytes: content.bytes },
    };
  }
  return {
    type: byItsFacts ? "attachment.metadata.blocked" : "attachment.download.blocked",
    level: "warn",
    message: `${name} was not taken: ${refusalTexts[content.reason]}.`,
    details: { ...trace, reason: content.reason, detail: content.detail },
  };
}
