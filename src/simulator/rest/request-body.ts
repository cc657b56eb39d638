import { apiErrors } from "./api-error.ts";

/** Discord docs: Create Message, Limitations. */
export const MAX_REQUEST_BYTES = 25 * 1024 * 1024;
/** Discord docs: Reference, Uploading Files. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;

export interface UploadedFile {
  /** The `n` of `files[n]`. */
  readonly index: string;
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface RequestBody {
  readonly fields: unknown;
  readonly files: readonly UploadedFile[];
}

/**
 * Reads a JSON, form or multipart body (Discord docs: Reference, Content Type and Uploading Files).
 *
 * @throws ApiError 50035 for other content types, 50109 for broken JSON, 40005 for files that are too large
 */
export async function readRequestBody(
  contentType: string | undefined,
  raw: Buffer | undefined,
): Promise<RequestBody> {
  const kind = contentType?.split(";")[0]?.trim().toLowerCase();
  if (raw === undefined || raw.byteLength === 0) return { fields: {}, files: [] };
  if (kind === "application/json") return { fields: parseJson(raw.toString("utf8")), files: [] };
  if (kind === "application/x-www-form-urlencoded") {
    return { fields: Object.fromEntries(new URLSearchParams(raw.toString("utf8"))), files: [] };
  }
  if (kind === "multipart/form-data" && contentType) return readMultipart(contentType, raw);
  throw apiErrors.invalidForm({
    _errors: [
      {
        code: "CONTENT_TYPE_INVALID",
        message:
          "Expected \"Content-Type\" header to be one of {'application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'}.",
      },
    ],
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Worded for the client below.
    throw apiErrors.invalidJson();
  }
}

async function readMultipart(contentType: string, raw: Buffer): Promise<RequestBody> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(raw), { headers: { "content-type": contentType } }).formData();
  } catch {
    // A body that is no multipart is answered like any other malformed form.
    throw apiErrors.invalidForm({
      _errors: [{ code: "MULTIPART_INVALID", message: "Malformed multipart body." }],
    });
  }
  const files: UploadedFile[] = [];
  let fields: Record<string, unknown> = {};
  for (const [name, value] of form.entries()) {
    if (typeof value === "string") {
      if (name === "payload_json") fields = { ...fields, ...(parseJson(value) as object) };
      else fields[name] = value;
      continue;
    }
    const index = /^files?\[?(\d*)\]?$/.exec(name)?.[1];
    if (index === undefined) continue;
    const bytes = new Uint8Array(await value.arrayBuffer());
    if (bytes.byteLength > MAX_FILE_BYTES) throw apiErrors.requestTooLarge();
    files.push({
      index: index === "" ? String(files.length) : index,
      filename: value.name,
      contentType: value.type || "application/octet-stream",
      bytes,
    });
  }
  return { fields, files };
}
