import * as z from "zod";

/** What a file is by its bytes; no other type is ever fetched or sent. */
export const MediaType = z.enum([
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/gif",
  "text/plain",
  "application/json",
]);
export type MediaType = z.infer<typeof MediaType>;

const megabyte = 1024 * 1024;
const Bytes = (max: number) => z.int().min(1).max(max);
const Types = z
  .array(MediaType)
  .max(MediaType.options.length)
  .default([...MediaType.options]);

/** `[media]` in `palyra.toml`: files that come with messages and go with answers. Sizes in bytes. */
export const MediaConfig = z.strictObject({
  download_enabled: z
    .boolean()
    .default(false)
    .describe("Whether files of messages are fetched and kept; their names and sizes are known in any case."),
  outbound_upload_enabled: z.boolean().default(false).describe("Whether answers may bring files."),
  max_attachments_per_message: z.int().min(1).max(10).default(4),
  max_total_attachment_bytes_per_message: Bytes(64 * megabyte).default(8 * megabyte),
  max_download_bytes: Bytes(32 * megabyte).default(5 * megabyte),
  allowed_download_content_types: Types,
  outbound_allowed_content_types: Types,
  outbound_max_upload_bytes: Bytes(25 * megabyte).default(4 * megabyte),
  store_max_bytes: Bytes(4 * 1024 * megabyte)
    .default(256 * megabyte)
    .describe("Size of all kept files together; the oldest go first."),
  store_max_artifacts: z.int().min(1).max(100_000).default(2_048),
  retention_ttl_ms: z
    .int()
    .min(60_000)
    .max(365 * 24 * 60 * 60 * 1000)
    .default(7 * 24 * 60 * 60 * 1000)
    .describe("How long a file is kept, in milliseconds."),
});
export type MediaConfig = z.infer<typeof MediaConfig>;

/** Files of one connector as its status shows them; the folder is shared by all connectors. */
export const MediaStatus = z.object({
  policy: MediaConfig,
  usage: z.object({ artifact_count: z.int(), stored_bytes: z.int() }),
  retention: z.object({ max_store_bytes: z.int(), max_store_artifacts: z.int(), ttl_ms: z.int() }),
  /** Newest first, at most ten of each. */
  recent_blocked_reasons: z.array(z.string()),
  recent_upload_failures: z.array(z.string()),
});
export type MediaStatus = z.infer<typeof MediaStatus>;
