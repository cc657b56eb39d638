import type { APIMessage } from "discord-api-types/v10";
import type { AttachmentRef } from "../../../contracts/connector.ts";
import { PalyraError } from "../../../platform/errors.ts";
import type { AttachmentFolder } from "../../attachments/attachment-folder.ts";
import {
  type AttachmentLimits,
  type AttachmentVerdict,
  judgeDownload,
  judgeDownloaded,
} from "../../attachments/attachment-policy.ts";
import { type SniffedFile, sniffFile } from "../../attachments/sniff-type.ts";
import { mayDownload } from "../egress.ts";
import { channelOf, isSnowflake } from "../ids.ts";

const requestTimeoutMs = 15_000;

/** Files of one account: what is allowed, and where they are kept. */
export interface AttachmentSetup {
  readonly limits: AttachmentLimits;
  readonly folder: AttachmentFolder;
}

/** A file that was fetched and kept. */
export interface FetchedAttachment extends SniffedFile {
  /** SHA-256 of its content: its name in the folder. */
  readonly digest: string;
  readonly bytes: number;
}

export type FetchResult =
  | { readonly kind: "kept"; readonly file: FetchedAttachment }
  | { readonly kind: "refused"; readonly verdict: Extract<AttachmentVerdict, { allowed: false }> };

/**
 * Fetches one file of a message on demand. The message is read again: addresses of files expire, and what a message
 * says of them is only believed from Discord itself.
 * @throws `not_found` for a message or file that is not there, `forbidden` for a file on a foreign host,
 *   `service_unavailable` when it cannot be fetched now
 */
export async function fetchAttachment(
  source: {
    readonly message: (channelId: string, messageId: string) => Promise<APIMessage>;
    readonly attachmentsOf: (message: APIMessage) => readonly AttachmentRef[];
    readonly apiBase: URL;
  },
  wanted: { readonly conversationId: string; readonly messageId: string; readonly attachmentId: string },
  setup: AttachmentSetup,
): Promise<FetchResult> {
  const channel = channelOf(wanted.conversationId);
  if (channel === null || !isSnowflake(wanted.messageId)) {
    throw new PalyraError("not_found", "There is no such message on Discord.");
  }
  const all = source.attachmentsOf(await source.message(channel, wanted.messageId));
  const attachment = all.find((one) => one.attachment_id === wanted.attachmentId);
  if (attachment === undefined) throw new PalyraError("not_found", "The message has no such file.");
  const before = judgeDownload(attachment, all, setup.limits);
  if (!before.allowed) return { kind: "refused", verdict: before };
  if (attachment.url === null || !mayDownload(attachment.url, source.apiBase)) {
    throw new PalyraError("forbidden", "The file is not on Discord's own file servers.");
  }
  const bytes = await download(attachment.url, setup.limits.maxDownloadBytes);
  if (bytes === null) {
    const detail = `more than ${setup.limits.maxDownloadBytes}`;
    return { kind: "refused", verdict: { allowed: false, reason: "attachment_size_exceeded", detail } };
  }
  const sniffed = sniffFile(bytes);
  const after = judgeDownloaded(sniffed?.type ?? null, bytes.byteLength, setup.limits);
  if (!after.allowed || sniffed === null) {
    const verdict = after.allowed
      ? ({ allowed: false, reason: "attachment_content_type_blocked", detail: "unknown" } as const)
      : after;
    return { kind: "refused", verdict };
  }
  const digest = await setup.folder.put(bytes, Date.now());
  return { kind: "kept", file: { ...sniffed, digest, bytes: bytes.byteLength } };
}

/** The body of an answer; null when it is longer than `maxBytes`. No token goes along, and no redirect is followed. */
async function download(url: string, maxBytes: number): Promise<Uint8Array | null> {
  let response: Response;
  try {
    response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(requestTimeoutMs) });
  } catch (thrown) {
    throw new PalyraError("service_unavailable", "The file could not be fetched.", { cause: thrown });
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new PalyraError("service_unavailable", `The file server answered ${response.status}.`);
  }
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) {
    await response.body.cancel();
    return null;
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body) {
    length += part.byteLength;
    // Leaving the loop cancels the rest.
    if (length > maxBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
