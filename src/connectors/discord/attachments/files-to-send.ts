import type { RawFile } from "@discordjs/rest";
import type { OutboundAttachment } from "../../../contracts/connector.ts";
import { judgeUpload } from "../../attachments/attachment-policy.ts";
import type { AttachmentSetup } from "../../attachments/fetched-file.ts";
import { safeFilename } from "../../attachments/safe-filename.ts";
import { sniffFile } from "../../attachments/sniff-type.ts";
import type { ConnectorLogger } from "../../logger.ts";

/**
 * Files that go with a message. One that is not allowed stays behind, and the message goes without it: the answer
 * itself must not be lost for it.
 */
export async function filesToSend(
  attachments: readonly OutboundAttachment[],
  setup: AttachmentSetup | null,
  log: ConnectorLogger,
): Promise<RawFile[]> {
  if (attachments.length === 0) return [];
  if (setup === null) {
    log.warn("files were not sent", { reason: "attachment_upload_disabled", files: attachments.length });
    return [];
  }
  const loaded = await Promise.all(
    attachments.map(async (attachment) => ({
      attachment,
      content: await setup.folder.get(attachment.digest),
    })),
  );
  const sizes = loaded.map(({ content }) => content?.byteLength ?? 0);
  return loaded.flatMap(({ attachment, content }) => {
    if (content === null) {
      log.warn("a file was not sent", { reason: "attachment_missing", digest: attachment.digest });
      return [];
    }
    const type = sniffFile(content)?.type ?? null;
    const verdict = judgeUpload(type, content.byteLength, sizes, setup.limits);
    if (!verdict.allowed || type === null) {
      const facts = verdict.allowed ? {} : { reason: verdict.reason, detail: verdict.detail };
      log.warn("a file was not sent", { ...facts, digest: attachment.digest });
      return [];
    }
    return [{ name: safeFilename(attachment.filename), data: content, contentType: type }];
  });
}
