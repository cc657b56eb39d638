import { readFile } from "node:fs/promises";
import path from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Faults } from "../faults.ts";
import type { Attachment } from "../world/model.ts";
import type { World } from "../world/world.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const SHOWN_INLINE = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** Serves the chat page from `webRoot`, and attachments, which faults can hit as they do the API. */
export function registerFiles(
  app: FastifyInstance,
  sources: { readonly world: World; readonly faults: Faults; readonly webRoot: string },
): void {
  app.get("/", (_request, reply) => sendPageFile(reply, sources.webRoot, "index.html"));
  app.get<{ Params: { file: string } }>("/:file", (request, reply) =>
    sendPageFile(reply, sources.webRoot, request.params.file),
  );
  app.get<{ Params: { channel: string; attachment: string } }>(
    "/attachments/:channel/:attachment/:filename",
    (request, reply) => {
      for (const fault of sources.faults.take("GET", request.url)) {
        if (fault.kind === "hang") return reply.hijack();
        if (fault.kind === "serverError") return reply.code(fault.status ?? 500).send();
      }
      return sendAttachment(reply, sources.world, request.params.channel, request.params.attachment);
    },
  );
}

async function sendPageFile(reply: FastifyReply, webRoot: string, file: string): Promise<FastifyReply> {
  const type = CONTENT_TYPES[path.extname(file)];
  if (type === undefined || !/^[a-z][a-z0-9-]*\.[a-z]+$/.test(file)) return notFound(reply);
  let content: Buffer;
  try {
    content = await readFile(path.join(webRoot, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return notFound(reply);
    throw error;
  }
  return reply
    .headers({
      "content-type": type,
      "content-security-policy": PAGE_POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    })
    .send(content);
}

function sendAttachment(
  reply: FastifyReply,
  world: World,
  channelId: string,
  attachmentId: string,
): FastifyReply {
  const messages = world.channels.get(channelId)?.messages ?? [];
  const file = messages.flatMap((message) => message.attachments).find((one) => one.id === attachmentId);
  if (!file) return notFound(reply);
  const disposition = SHOWN_INLINE.has(file.contentType) ? "inline" : "attachment";
  if (file.pretence?.contentLength !== undefined) return sendWithWrongLength(reply, file);
  return reply
    .headers({
      "content-type": file.contentType,
      "content-disposition": `${disposition}; filename*=UTF-8''${encodeURIComponent(file.filename)}`,
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
    })
    .send(Buffer.from(file.bytes));
}

/** The whole file under a length that is not its own, or none; then the connection ends. */
function sendWithWrongLength(reply: FastifyReply, file: Attachment): FastifyReply {
  const length = file.pretence?.contentLength ?? null;
  reply.hijack();
  reply.raw.writeHead(200, {
    "content-type": file.contentType,
    connection: "close",
    ...(length === null ? { "transfer-encoding": "chunked" } : { "content-length": String(length) }),
  });
  reply.raw.write(file.bytes, () => (length === null ? reply.raw.end() : reply.raw.destroy()));
  return reply;
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).type("text/plain; charset=utf-8").send("Not found.\n");
}
