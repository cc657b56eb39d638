import { lookup as systemLookup } from "node:dns";
import type { APIMessage } from "discord-api-types/v10";
import type { AttachmentRef } from "../../../contracts/connector.ts";
import { messageOf, PalyraError } from "../../../platform/errors.ts";
import { judgeDownload, judgeDownloaded, refused } from "../../attachments/attachment-policy.ts";
import type { AttachmentSetup, FetchResult, WantedFiles } from "../../attachments/fetched-file.ts";
import { sniffFile } from "../../attachments/sniff-type.ts";
import { AnswerTooLong, connectingTo, requestWhole } from "../bounded-request.ts";
import { mayDownload } from "../egress.ts";
import { channelOf, isSnowflake } from "../ids.ts";

const requestTimeoutMs = 15_000;

export interface AttachmentSource {
  readonly message: (channelId: string, messageId: string) => Promise<APIMessage>;
  readonly attachmentsOf: (message: APIMessage) => readonly AttachmentRef[];
  readonly apiBase: URL;
  /** As `dns.lookup`, the system's by default. */
  readonly lookup?: typeof systemLookup;
}

/**
 * Fetches files of a message on demand. The message is read again: addresses of files expire, and what a message
 * says of them is only believed from Discord itself.
 * @returns what became of each wanted file, by its id
 * @throws `not_found` for a message that is not there; what Discord's API throws
 */
export async function fetchAttachments(
  source: AttachmentSource,
  wanted: WantedFiles,
  setup: AttachmentSetup,
): Promise<ReadonlyMap<string, FetchResult>> {
  const channel = channelOf(wanted.conversationId);
  if (channel === null || !isSnowflake(wanted.messageId)) {
    throw new PalyraError("not_found", "There is no such message on Discord.");
  }
  const all = source.attachmentsOf(await source.message(channel, wanted.messageId));
  const results = await Promise.all(
    wanted.attachmentIds.map(async (id) => {
      const attachment = all.find((one) => one.attachment_id === id);
      return [id, await fetchOne(attachment, all, source, setup)] as const;
    }),
  );
  return new Map(results);
}

async function fetchOne(
  attachment: AttachmentRef | undefined,
  all: readonly AttachmentRef[],
  source: Pick<AttachmentSource, "apiBase" | "lookup">,
  setup: AttachmentSetup,
): Promise<FetchResult> {
  const refuse = (verdict: ReturnType<typeof refused>): FetchResult => ({ kind: "refused", verdict });
  if (attachment === undefined) {
    return refuse(refused("attachment_missing", "the message has no such file any more"));
  }
  const { limits, folder } = setup;
  const before = judgeDownload(attachment, all, limits);
  if (!before.allowed) return refuse(before);
  if (attachment.url === null || !mayDownload(attachment.url, source.apiBase)) {
    return refuse(refused("attachment_host_blocked", hostOf(attachment.url)));
  }
  const body = await download(attachment.url, limits.maxDownloadBytes, source.lookup ?? systemLookup);
  if (typeof body === "string") return { kind: "unreachable", detail: body };
  if (body === null)
    return refuse(refused("attachment_size_exceeded", `more than ${limits.maxDownloadBytes}`));
  const sniffed = sniffFile(body);
  const after = judgeDownloaded(sniffed?.type ?? null, body.byteLength, limits);
  if (!after.allowed) return refuse(after);
  if (sniffed === null) return refuse(refused("attachment_content_type_blocked", "unknown"));
  try {
    const digest = await folder.put(body, Date.now());
    return { kind: "kept", file: { ...sniffed, digest, bytes: body.byteLength } };
  } catch (thrown) {
    // A full folder is a refusal; a disk that fails is for the caller.
    if (!(thrown instanceof PalyraError && thrown.code === "payload_too_large")) throw thrown;
    return refuse(refused("attachment_store_full", thrown.message));
  }
}

function hostOf(url: string | null): string {
  return url !== null && URL.canParse(url) ? new URL(url).hostname : "no address";
}

/**
 * The body of an answer; null when it is longer than `maxBytes`, and a sentence when it cannot be had now. No token
 * goes along.
 */
async function download(
  url: string,
  maxBytes: number,
  lookup: typeof systemLookup,
): Promise<Uint8Array | null | string> {
  try {
    const connecting = { ...connectingTo(new URL(url), { lookup }), limit: maxBytes };
    const answer = await requestWhole(url, { signal: AbortSignal.timeout(requestTimeoutMs) }, connecting);
    if (!answer.ok) return `The file server answered ${answer.status}.`;
    return new Uint8Array(await answer.arrayBuffer());
  } catch (thrown) {
    if (thrown instanceof AnswerTooLong) return null;
    return `The file could not be fetched: ${messageOf(thrown)}.`;
  }
}
