import type { RefusedAttachment } from "../../connectors/attachments/attachment-policy.ts";
import type { FetchedFile } from "../../connectors/attachments/fetched-file.ts";
import type { InboundMessageEvent } from "../../contracts/connector.ts";

/** A file of the message that is answered. */
export interface TurnFile {
  /** Harmless as a file name. */
  readonly name: string;
  /** Size in bytes: of the content when it was fetched, else as it was told; null when nobody knows. */
  readonly bytes: number | null;
  /** The content as it is kept, or why it is not there. */
  readonly content: FetchedFile | RefusedAttachment;
}

/** A file of an answer. */
export interface NewFile {
  readonly name: string;
  readonly content: Uint8Array;
}

export interface AgentReply {
  readonly text: string;
  readonly files?: readonly NewFile[];
}

/** Answers one message of a person. */
export interface Agent {
  /** @returns the answer, in order; nothing when there is nothing to say */
  reply(
    event: InboundMessageEvent,
    files: readonly TurnFile[],
    signal: AbortSignal,
  ): Promise<readonly AgentReply[]>;
}
