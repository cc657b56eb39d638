import type { AttachmentFolder } from "./attachment-folder.ts";
import type { AttachmentLimits, RefusedAttachment } from "./attachment-policy.ts";
import type { SniffedFile } from "./sniff-type.ts";

/** Files of the connectors: what is allowed now, and where they are kept. */
export interface AttachmentSetup {
  readonly limits: AttachmentLimits;
  readonly folder: AttachmentFolder;
}

/** A file that was fetched and kept. */
export interface FetchedFile extends SniffedFile {
  /** SHA-256 of its content: its name in the folder. */
  readonly digest: string;
  readonly bytes: number;
}

export type FetchResult =
  | { readonly kind: "kept"; readonly file: FetchedFile }
  | { readonly kind: "refused"; readonly verdict: RefusedAttachment }
  /** It may work later. */
  | { readonly kind: "unreachable"; readonly detail: string };

/** Which files of which message are wanted. */
export interface WantedFiles {
  readonly conversationId: string;
  readonly messageId: string;
  readonly attachmentIds: readonly string[];
}
