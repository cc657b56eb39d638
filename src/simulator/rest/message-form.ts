import type { AllowedMentions } from "../world/mentions.ts";
import { isSnowflake } from "../world/snowflake.ts";
import { readAllowedMentions } from "./allowed-mentions.ts";
import { apiErrors } from "./api-error.ts";
import { readEmbeds } from "./embeds.ts";
import { type Form, notSnowflake } from "./form.ts";
import type { RequestBody, UploadedFile } from "./request-body.ts";

const MAX_CONTENT_CHARACTERS = 2000;
const MAX_NONCE_CHARACTERS = 25;
const MAX_ATTACHMENTS = 10;

/** Flags a bot may set when it sends (Discord docs: Create Message, flags). */
export const MessageFlag = {
  SUPPRESS_EMBEDS: 1 << 2,
  EPHEMERAL: 1 << 6,
  SUPPRESS_NOTIFICATIONS: 1 << 12,
  IS_COMPONENTS_V2: 1 << 15,
} as const;
const SETTABLE_FLAGS =
  MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.IS_COMPONENTS_V2;

export interface ReferenceForm {
  readonly type: 0 | 1;
  readonly messageId: string;
  readonly channelId: string | null;
  readonly failIfNotExists: boolean;
}

export interface AttachmentForm {
  readonly file: UploadedFile;
  readonly filename: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly spoiler: boolean;
}

export interface MessageForm {
  readonly content: string;
  readonly nonce: string | number | null;
  readonly enforceNonce: boolean;
  readonly tts: boolean;
  readonly embeds: object[];
  readonly components: object[];
  readonly allowedMentions: AllowedMentions;
  readonly reference: ReferenceForm | null;
  readonly attachments: readonly AttachmentForm[];
  readonly flags: number;
}

/**
 * Reads a message to be sent (Discord docs: Create Message, JSON/Form Params).
 * Complaints are collected in `form`; call `form.done()` afterwards.
 */
export function readMessageForm(form: Form, body: RequestBody): MessageForm {
  const content = (form.string("content", { max: MAX_CONTENT_CHARACTERS }) ?? "").trim();
  const flags = form.integer("flags") ?? 0;
  const embeds = readEmbeds(form);
  const components = (form.list("components", 40) ?? []) as object[];
  if (flags & MessageFlag.IS_COMPONENTS_V2) refuseLegacyFields(form, content, embeds);
  if (body.files.length > MAX_ATTACHMENTS) throw apiErrors.tooManyAttachments();
  return {
    content,
    nonce: readNonce(form),
    enforceNonce: form.boolean("enforce_nonce") ?? false,
    tts: form.boolean("tts") ?? false,
    embeds,
    components,
    allowedMentions: readAllowedMentions(form),
    reference: readReference(form),
    attachments: readAttachments(form, body.files),
    flags: flags & SETTABLE_FLAGS,
  };
}

/** True when nothing in the message can be shown (Discord docs: Create Message, at least one of). */
export function isEmptyMessage(
  message: Pick<MessageForm, "content" | "embeds" | "components" | "attachments">,
): boolean {
  return (
    message.content === "" &&
    message.embeds.length === 0 &&
    message.components.length === 0 &&
    message.attachments.length === 0
  );
}

function readNonce(form: Form): string | number | null {
  const nonce = form.raw("nonce");
  if (nonce === undefined || nonce === null) return null;
  if (typeof nonce === "string" || (typeof nonce === "number" && Number.isInteger(nonce))) {
    if (String(nonce).length <= MAX_NONCE_CHARACTERS) return nonce;
    form.complain(["nonce"], {
      code: "NONCE_TYPE_TOO_LONG",
      message: "Must be 25 or fewer characters long.",
    });
    return null;
  }
  form.complain(["nonce"], {
    code: "NONCE_TYPE_INVALID_TYPE",
    message: "This field must be a string or integer.",
  });
  return null;
}

function readReference(form: Form): ReferenceForm | null {
  const given = form.object("message_reference");
  if (given === null) return null;
  const at = (field: string): string[] => ["message_reference", field];
  for (const field of ["message_id", "channel_id", "guild_id"] as const) {
    const value = given[field];
    if (value !== undefined && value !== null && !isSnowflake(String(value)))
      form.complain(at(field), notSnowflake(value));
  }
  const type = given.type ?? 0;
  if (type !== 0 && type !== 1) {
    form.complain(at("type"), { code: "BASE_TYPE_CHOICES", message: "Value must be one of (0, 1)." });
  }
  if (given.message_id === undefined || given.message_id === null) {
    form.complain(at("message_id"), { code: "BASE_TYPE_REQUIRED", message: "This field is required" });
  }
  if (type === 1 && (given.channel_id === undefined || given.channel_id === null)) {
    form.complain(at("channel_id"), { code: "BASE_TYPE_REQUIRED", message: "This field is required" });
  }
  return {
    type: type === 1 ? 1 : 0,
    messageId: String(given.message_id),
    channelId: given.channel_id === undefined || given.channel_id === null ? null : String(given.channel_id),
    failIfNotExists: given.fail_if_not_exists !== false,
  };
}

function readAttachments(form: Form, files: readonly UploadedFile[]): AttachmentForm[] {
  const described = form.list("attachments", MAX_ATTACHMENTS);
  if (described === null) {
    return files.map((file) => ({
      file,
      filename: file.filename,
      title: null,
      description: null,
      spoiler: file.filename.startsWith("SPOILER_"),
    }));
  }
  const result: AttachmentForm[] = [];
  for (const [index, entry] of described.entries()) {
    const given = (typeof entry === "object" && entry !== null ? entry : {}) as Record<string, unknown>;
    const file = files.find((one) => one.index === String(given.id));
    if (file === undefined) {
      // On edits an entry may also name an attachment that stays; the caller looks at those.
      if (!isSnowflake(String(given.id)) || BigInt(String(given.id)) < 1_000_000n) {
        form.complain(["attachments", String(index)], {
          code: "BASE_TYPE_REQUIRED",
          message: "This field is required",
        });
      }
      continue;
    }
    const description = typeof given.description === "string" ? given.description : null;
    if (description !== null && description.length > 1024) {
      form.complain(["attachments", String(index), "description"], {
        code: "BASE_TYPE_MAX_LENGTH",
        message: "Must be 1024 or fewer in length.",
      });
    }
    const filename =
      typeof given.filename === "string" && given.filename !== "" ? given.filename : file.filename;
    result.push({
      file,
      filename,
      title: typeof given.title === "string" ? given.title : null,
      description,
      spoiler: given.is_spoiler === true || filename.startsWith("SPOILER_"),
    });
  }
  return result;
}

function refuseLegacyFields(form: Form, content: string, embeds: readonly object[]): void {
  if (content !== "") {
    form.complain(["content"], {
      code: "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
      message: "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
    });
  }
  if (embeds.length > 0) {
    form.complain(["embeds"], {
      code: "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
      message: "The 'embeds' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
    });
  }
}
