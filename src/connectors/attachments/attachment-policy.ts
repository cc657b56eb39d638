import type { AttachmentRef } from "../../contracts/connector.ts";
import { MediaConfig, type MediaType } from "../../contracts/media-config.ts";

/** The one place of limits for files, both ways. Sizes in bytes. */
export interface AttachmentLimits {
  readonly downloadEnabled: boolean;
  readonly uploadEnabled: boolean;
  readonly maxPerMessage: number;
  readonly maxTotalBytesPerMessage: number;
  readonly maxDownloadBytes: number;
  readonly maxUploadBytes: number;
  readonly downloadTypes: readonly MediaType[];
  readonly uploadTypes: readonly MediaType[];
  readonly storeMaxBytes: number;
  readonly storeMaxFiles: number;
  /** How long a file is kept, in milliseconds. */
  readonly retentionMs: number;
}

/** The limits that `[media]` of the configuration sets. */
export function limitsOf(config: MediaConfig): AttachmentLimits {
  return {
    downloadEnabled: config.download_enabled,
    uploadEnabled: config.outbound_upload_enabled,
    maxPerMessage: config.max_attachments_per_message,
    maxTotalBytesPerMessage: config.max_total_attachment_bytes_per_message,
    maxDownloadBytes: config.max_download_bytes,
    maxUploadBytes: config.outbound_max_upload_bytes,
    downloadTypes: config.allowed_download_content_types,
    uploadTypes: config.outbound_allowed_content_types,
    storeMaxBytes: config.store_max_bytes,
    storeMaxFiles: config.store_max_artifacts,
    retentionMs: config.retention_ttl_ms,
  };
}

export const defaultAttachmentLimits: AttachmentLimits = limitsOf(MediaConfig.parse({}));

export type AttachmentRefusal =
  | "attachment_count_exceeded"
  | "attachment_total_bytes_exceeded"
  | "attachment_metadata_type_blocked"
  | "attachment_size_exceeded"
  | "attachment_content_type_blocked"
  | "attachment_missing"
  | "attachment_host_blocked"
  | "attachment_fetch_failed"
  | "attachment_store_full"
  | "attachment_download_disabled"
  | "attachment_upload_disabled";

/** The reasons for people. */
export const refusalTexts: Readonly<Record<AttachmentRefusal, string>> = {
  attachment_count_exceeded: "there are too many files",
  attachment_total_bytes_exceeded: "the files are too large together",
  attachment_metadata_type_blocked: "this kind of file is not taken",
  attachment_size_exceeded: "it is too large",
  attachment_content_type_blocked: "its content is not of a kind that is taken",
  attachment_missing: "it is gone",
  attachment_host_blocked: "it is kept in a place that is not allowed",
  attachment_fetch_failed: "it could not be fetched",
  attachment_store_full: "there is no room for it",
  attachment_download_disabled: "fetching files is switched off",
  attachment_upload_disabled: "sending files is switched off",
};

export interface RefusedAttachment {
  readonly allowed: false;
  readonly reason: AttachmentRefusal;
  readonly detail: string;
}
export type AttachmentVerdict = { readonly allowed: true } | RefusedAttachment;

const allowed: AttachmentVerdict = { allowed: true };
const safeExtensions = /\.(?:png|jpe?g|webp|gif|txt|json)$/i;

/**
 * Whether one file of a message may be fetched, by what the provider says of the message. Its content is judged
 * again when it is there.
 * @param all every attachment of the message
 */
export function judgeDownload(
  attachment: Pick<AttachmentRef, "content_type" | "filename" | "size_bytes">,
  all: readonly Pick<AttachmentRef, "size_bytes">[],
  limits: AttachmentLimits,
): AttachmentVerdict {
  const crowd = judgeCrowd(
    all.map((one) => one.size_bytes ?? 0),
    limits,
  );
  if (!crowd.allowed) return crowd;
  const declared = attachment.content_type?.split(";")[0]?.trim().toLowerCase() ?? "";
  const name = attachment.filename ?? "";
  const isVector = declared === "image/svg+xml" || /\.svgz?$/i.test(name);
  const isKnown = limits.downloadTypes.some((type) => type === declared) || safeExtensions.test(name);
  if (isVector || !isKnown) {
    return refused("attachment_metadata_type_blocked", declared === "" ? "no type is given" : declared);
  }
  if (!limits.downloadEnabled) return refused("attachment_download_disabled", "downloads are switched off");
  const size = attachment.size_bytes ?? 0;
  return size > limits.maxDownloadBytes ? tooLarge(size, limits.maxDownloadBytes) : allowed;
}

/** Whether fetched bytes may be kept. The type is the one the bytes show, never the declared one. */
export function judgeDownloaded(
  sniffed: MediaType | null,
  bytes: number,
  limits: AttachmentLimits,
): AttachmentVerdict {
  if (bytes > limits.maxDownloadBytes) return tooLarge(bytes, limits.maxDownloadBytes);
  return judgeType(sniffed, limits.downloadTypes);
}

/** Whether a file may be sent. @param allBytes sizes of every file of the message */
export function judgeUpload(
  sniffed: MediaType | null,
  bytes: number,
  allBytes: readonly number[],
  limits: AttachmentLimits,
): AttachmentVerdict {
  if (!limits.uploadEnabled) return refused("attachment_upload_disabled", "uploads are switched off");
  const crowd = judgeCrowd(allBytes, limits);
  if (!crowd.allowed) return crowd;
  if (bytes > limits.maxUploadBytes) return tooLarge(bytes, limits.maxUploadBytes);
  return judgeType(sniffed, limits.uploadTypes);
}

function judgeCrowd(sizes: readonly number[], limits: AttachmentLimits): AttachmentVerdict {
  if (sizes.length > limits.maxPerMessage) {
    return refused("attachment_count_exceeded", `${sizes.length} of ${limits.maxPerMessage}`);
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return total > limits.maxTotalBytesPerMessage
    ? refused("attachment_total_bytes_exceeded", `${total} of ${limits.maxTotalBytesPerMessage}`)
    : allowed;
}

function judgeType(sniffed: MediaType | null, permitted: readonly MediaType[]): AttachmentVerdict {
  if (sniffed !== null && permitted.includes(sniffed)) return allowed;
  return refused("attachment_content_type_blocked", sniffed ?? "the content has no known type");
}

function tooLarge(bytes: number, limit: number): AttachmentVerdict {
  return refused("attachment_size_exceeded", `${bytes} of ${limit}`);
}

export function refused(reason: AttachmentRefusal, detail: string): RefusedAttachment {
  return { allowed: false, reason, detail };
}
