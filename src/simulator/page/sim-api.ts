import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import type { Clock } from "../clock.ts";
import type { Faults } from "../faults.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Interactions } from "../interactions.ts";
import { type People, PersonError } from "../people.ts";
import type { RequestLogEntry } from "../rest/services.ts";
import type { World } from "../world/world.ts";
import { streamLiveEvents } from "./live.ts";
import { seeChannel, seeMessage, seeMessages, seeState } from "./view.ts";

export interface SimApiSources {
  readonly world: World;
  readonly people: People;
  readonly interactions: Interactions;
  readonly gateway: Gateway;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly requestLog: readonly RequestLogEntry[];
}

const text = z.string().max(4000);
const name = z.string().min(1).max(100);

const writeBody = z.object({
  as: name,
  channel: name,
  content: text,
  replyTo: name.optional(),
  attachments: z
    .array(z.object({ filename: name, contentType: name, base64: z.string() }))
    .max(10)
    .optional(),
});
const messageBody = z.object({ as: name, channel: name, messageId: name });
const editBody = messageBody.extend({ content: text });
const reactBody = messageBody.extend({ emoji: name });
const typingBody = z.object({ as: name, channel: name });
const commandBody = z.object({ as: name, channel: name, text });
const directBody = z.object({ as: name, with: name });
const threadBody = z.object({ as: name, channel: name, name, messageId: name.optional() });
const faultBody = z.object({
  kind: z.enum(["rateLimit", "serverError", "loseResponse", "hang", "latency"]),
  method: z.string().optional(),
  pathIncludes: z.string().optional(),
  times: z.int().positive().optional(),
  status: z.int().min(500).max(599).optional(),
  retryAfterSeconds: z.number().positive().optional(),
  global: z.boolean().optional(),
  shared: z.boolean().optional(),
  delayMs: z.number().nonnegative().optional(),
});
const gatewayBody = z.discriminatedUnion("action", [
  z.object({ action: z.literal("reconnect") }),
  z.object({ action: z.literal("invalidate"), resumable: z.boolean() }),
  z.object({
    action: z.literal("close"),
    code: z.int().min(1000).max(4999),
    reason: z.string().max(100).optional(),
  }),
  z.object({ action: z.literal("drop") }),
  z.object({ action: z.literal("freeze") }),
  z.object({ action: z.literal("heartbeat") }),
  z.object({ action: z.literal("dropAcks"), on: z.boolean() }),
  z.object({ action: z.literal("raw"), text: z.string().max(100_000) }),
  z.object({ action: z.literal("dispatch"), t: z.string(), d: z.record(z.string(), z.unknown()) }),
]);

/** The JSON API of the chat page, of tests in other processes and of `npm run say`, below /sim/. */
export function registerSimApi(app: FastifyInstance, sources: SimApiSources): void {
  const { world, people, gateway, faults } = sources;
  const isOnline = (id: string): boolean => gateway.isOnline(id);

  get(app, "/sim/people", () =>
    [...world.users.values()].map(({ id, username, globalName, bot }) => ({
      id,
      username,
      name: globalName ?? username,
      bot,
    })),
  );
  get(app, "/sim/state", (request) => seeState(world, people.find(asParam(request)), isOnline));
  get(app, "/sim/channels/:channel/messages", (request) => {
    const channel = people.findChannel((request.params as { channel: string }).channel);
    const limit = Number((request.query as { limit?: string }).limit ?? 100);
    return seeMessages(
      world,
      channel,
      people.find(asParam(request)).id,
      Number.isInteger(limit) && limit > 0 ? limit : 100,
    );
  });
  app.get("/sim/events", (request, reply) =>
    answer(reply, () => {
      const me = people.find(asParam(request));
      reply.hijack();
      streamLiveEvents(reply.raw, me.id, sources);
      return undefined;
    }),
  );

  post(app, "/sim/messages", writeBody, (body) => {
    const attachments = (body.attachments ?? []).map((file) => ({
      filename: file.filename,
      contentType: file.contentType,
      bytes: new Uint8Array(Buffer.from(file.base64, "base64")),
    }));
    const message = people.write(body.as, body.channel, body.content, {
      attachments,
      ...(body.replyTo === undefined ? {} : { replyTo: body.replyTo }),
    });
    return seeMessage(world, message, message.authorId);
  });
  post(app, "/sim/messages/edit", editBody, (body) => {
    const message = people.edit(body.as, body.channel, body.messageId, body.content);
    return seeMessage(world, message, message.authorId);
  });
  post(app, "/sim/messages/delete", messageBody, (body) => {
    people.remove(body.as, body.channel, body.messageId);
    return {};
  });
  post(app, "/sim/reactions", reactBody, (body) => {
    people.react(body.as, body.channel, body.messageId, body.emoji);
    return {};
  });
  post(app, "/sim/typing", typingBody, (body) => {
    people.type(body.as, body.channel);
    return {};
  });
  get(app, "/sim/channels/:channel/commands", (request) => {
    const channel = people.findChannel((request.params as { channel: string }).channel);
    return sources.interactions.availableIn(channel).map((one) => ({
      name: one.name,
      description: one.description,
      options: one.options.map((option) => option.name),
    }));
  });
  post(app, "/sim/commands", commandBody, (body) => {
    people.useCommand(body.as, body.channel, body.text);
    return {};
  });
  post(app, "/sim/directs", directBody, (body) =>
    seeChannel(world, people.openDirect(body.as, body.with), people.find(body.as).id),
  );
  post(app, "/sim/threads", threadBody, (body) =>
    seeChannel(
      world,
      people.startThread(body.as, body.channel, body.name, body.messageId),
      people.find(body.as).id,
    ),
  );

  get(app, "/sim/inspect", () => ({
    counts: gateway.counts,
    sessions: gateway.sessions(),
    faults: faults.list(),
  }));
  get(app, "/sim/requests", () => sources.requestLog);
  get(app, "/sim/gateway-log", () => gateway.logEntries);
  post(app, "/sim/faults", faultBody, (body) => {
    faults.add(withoutUndefined(body));
    return { faults: faults.list() };
  });
  post(app, "/sim/faults/clear", z.object({}), () => {
    faults.clear();
    return { faults: faults.list() };
  });
  post(app, "/sim/gateway", gatewayBody, (body) => {
    actOnGateway(sources, body);
    return {};
  });
}

function actOnGateway({ gateway, faults }: SimApiSources, body: z.infer<typeof gatewayBody>): void {
  switch (body.action) {
    case "reconnect":
      gateway.requestReconnect();
      break;
    case "invalidate":
      gateway.invalidateSessions(body.resumable);
      break;
    case "close":
      gateway.closeConnections(body.code, body.reason);
      break;
    case "drop":
      gateway.dropConnections();
      break;
    case "freeze":
      gateway.freezeConnections();
      break;
    case "heartbeat":
      gateway.requestHeartbeats();
      break;
    case "dropAcks":
      faults.dropHeartbeatAcks = body.on;
      break;
    case "raw":
      gateway.sendRaw(body.text);
      break;
    case "dispatch":
      gateway.sendDispatch(body.t, body.d);
      break;
  }
}

function get(app: FastifyInstance, path: string, build: (request: FastifyRequest) => unknown): void {
  app.get(path, (request, reply) => answer(reply, () => build(request)));
}

function post<T>(app: FastifyInstance, path: string, schema: z.ZodType<T>, act: (body: T) => unknown): void {
  app.post(path, (request, reply) =>
    answer(reply, () => {
      if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) {
        throw new PersonError("Send the request as application/json.");
      }
      return act(parseBody(schema, request.body as Buffer | undefined));
    }),
  );
}

function parseBody<T>(schema: z.ZodType<T>, body: Buffer | undefined): T {
  let json: unknown;
  try {
    json = JSON.parse(body?.toString("utf8") ?? "");
  } catch {
    // Told to the caller in the words of this API.
    throw new PersonError("The request body is no valid JSON.");
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new PersonError(z.prettifyError(parsed.error));
  return parsed.data;
}

function answer(reply: FastifyReply, build: () => unknown): FastifyReply {
  let body: unknown;
  try {
    body = build();
  } catch (error) {
    if (!(error instanceof PersonError)) throw error;
    return reply
      .code(400)
      .type("application/json")
      .send(JSON.stringify({ error: error.message }));
  }
  if (body === undefined) return reply;
  return reply.header("cache-control", "no-store").type("application/json").send(JSON.stringify(body));
}

function asParam(request: FastifyRequest): string {
  const { as } = request.query as { as?: string };
  if (as === undefined) throw new PersonError("Say who is looking, for instance ?as=ada.");
  return as;
}

/** zod leaves optional keys undefined, which the exact optional types of the simulator do not take. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
