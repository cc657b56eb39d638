import type { RawFile } from "@discordjs/rest";
import type { OutboundAttachment } from "../../../contracts/connector.ts";
import {
  judgeUpload,
  type RefusedAttachment,
  refusalTexts,
  refused,
} from "../../attachments/attachment-policy.ts";
import type { AttachmentSetup } from "../../attachments/fetched-file.ts";
import { safeFilename } from "../../attachments/safe-filename.ts";
import { sniffFile } from "../../attachments/sniff-type.ts";
import type { JournalEntry } from "../../supervisor/connector-journal.ts";

/**
 * Files that go with a message. One that is not allowed, any more or at all, stays behind and is noted, and the message
 * goes without it: the answer itself must not be lost for it.
 * @throws when the disk does not give a file out
 */
export async function filesToSend(
  attachments: readonly OutboundAttachment[],
  setup: AttachmentSetup | null,
  note: (entry: JournalEntry) => void,
): Promise<RawFile[]> {
  const loaded = await Promise.all(
    attachments.map(async ({ digest, filename }) => ({
      name: safeFilename(filename),
      content: (await setup?.folder.get(digest)) ?? null,
    })),
  );
  const sizes = loaded.map(({ content }) => content?.byteLength ?? 0);
  return loaded.flatMap(({ name, content }) => {
    const file = judged(name, content, sizes, setup);
    if (!("reason" in file)) return [file];
    note({
      type: "attachment.upload.failed",
      level: "warn",
      message: `${name} was not sent: ${refusalTexts[file.reason]}.`,
      details: { reason: file.reason, detail: file.detail },
    });
    return [];
  });
}

function judged(
  name: string,
  content: Buffer | null,
  sizes: readonly number[],
  setup: AttachmentSetup | null,
): RawFile | RefusedAttachment {
  if (setup === null) return refused("attachment_upload_disabled", "the connector has no files");
  if (content === null) return refused("attachment_missing", "it is not in the folder any more");
  const type = sniffFile(content)?.type ?? null;
  const verdict = judgeUpload(type, content.byteLength, sizes, setup.limits);
  if (!verdict.allowed) return verdict;
  return type === null
    ? refused("attachment_content_type_blocked", "unknown")
    : { name, data: content, contentType: type };
}
