import type { AttachmentRef } from "../../contracts/connector.ts";
import type { SniffedType } from "./sniff-type.ts";

/** The one place of limits for files, both ways. Sizes in bytes. */
export interface AttachmentLimits {
  readonly downloadEnabled: boolean;
  readonly uploadEnabled: boolean;
  readonly maxPerMessage: number;
  readonly maxTotalBytesPerMessage: number;
  readonly maxDownloadBytes: number;
  readonly maxUploadBytes: number;
  readonly downloadTypes: readonly SniffedType[];
  readonly uploadTypes: readonly SniffedType[];
  readonly storeMaxBytes: number;
  readonly storeMaxFiles: number;
  /** How long a file is kept, in milliseconds. */
  readonly retentionMs: number;
}

const types: readonly SniffedType[] = [
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/gif",
  "text/plain",
  "application/json",
];

export const defaultAttachmentLimits: AttachmentLimits = {
  downloadEnabled: false,
  uploadEnabled: false,
  maxPerMessage: 4,
  maxTotalBytesPerMessage: 8 * 1024 * 1024,
  maxDownloadBytes: 5 * 1024 * 1024,
  maxUploadBytes: 4 * 1024 * 1024,
  downloadTypes: types,
  uploadTypes: types,
  storeMaxBytes: 256 * 1024 * 1024,
  storeMaxFiles: 2_048,
  retentionMs: 7 * 24 * 60 * 60 * 1000,
};

export type AttachmentRefusal =
  | "attachment_count_exceeded"
  | "attachment_total_bytes_exceeded"
  | "attachment_metadata_type_blocked"
  | "attachment_size_exceeded"
  | "attachment_content_type_blocked"
  | "attachment_missing"
  | "attachment_download_disabled"
  | "attachment_upload_disabled";

export type AttachmentVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: AttachmentRefusal; readonly detail: string };

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
  sniffed: SniffedType | null,
  bytes: number,
  limits: AttachmentLimits,
): AttachmentVerdict {
  if (bytes > limits.maxDownloadBytes) return tooLarge(bytes, limits.maxDownloadBytes);
  return judgeType(sniffed, limits.downloadTypes);
}

/** Whether a file may be sent. @param allBytes sizes of every file of the message */
export function judgeUpload(
  sniffed: SniffedType | null,
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

function judgeType(sniffed: SniffedType | null, permitted: readonly SniffedType[]): AttachmentVerdict {
  if (sniffed !== null && permitted.includes(sniffed)) return allowed;
  return refused("attachment_content_type_blocked", sniffed ?? "the content has no known type");
}

function tooLarge(bytes: number, limit: number): AttachmentVerdict {
  return refused("attachment_size_exceeded", `${bytes} of ${limit}`);
}

function refused(reason: AttachmentRefusal, detail: string): AttachmentVerdict {
  return { allowed: false, reason, detail };
}
