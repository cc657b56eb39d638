import type { FastifyRequest } from "fastify";
import {
  ApprovalRequired,
  ChannelActionResponse,
  ChannelStatusResponse,
  ChannelsResponse,
  ConnectorParams,
  DeadLetterParams,
  DeleteMessageHttpRequest,
  EditMessageHttpRequest,
  EnabledRequest,
  EnabledResponse,
  HealthRefreshRequest,
  HealthRefreshResponse,
  LogsQuery,
  LogsRequest,
  LogsResponse,
  MutationDone,
  type MutationResponse,
  ReactionHttpRequest,
  ReadMessagesResponse,
  SearchMessagesResponse,
  TestMessageRequest,
  TestMessageResponse,
  TestSendHeaders,
  TestSendRequest,
  TestSendResponse,
} from "../../contracts/http-channels.ts";
import { ReadMessagesRequest, SearchMessagesRequest } from "../../contracts/message-admin.ts";
import { PalyraError } from "../../platform/errors.ts";
import type { ChannelDesk } from "../channel-desk.ts";
import type { MessageDesk } from "../message-desk.ts";
import type { Caller, ZodApp } from "./zod-app.ts";

export interface ChannelRouteParts {
  /** @throws `service_unavailable` while the store is not open */
  readonly channels: () => ChannelDesk;
  /** @throws `service_unavailable` while the store is not open */
  readonly messages: () => MessageDesk;
  /** Writes the wish into the configuration and applies it. */
  readonly setEnabled: (connectorId: string, enabled: boolean) => Promise<void>;
}

/** The routes of connectors, alike on both surfaces. */
export function addChannelRoutes(app: ZodApp, parts: ChannelRouteParts): void {
  const tags = ["channels"];
  const one = "/channels/:connector_id";
  app.get(
    "/channels",
    { schema: { tags, summary: "All connectors and providers", response: { 200: ChannelsResponse } } },
    () => parts.channels().list(),
  );
  app.get(
    one,
    {
      schema: {
        tags,
        summary: "A connector, its queue and what it has done",
        params: ConnectorParams,
        response: { 200: ChannelStatusResponse },
      },
    },
    (request) => parts.channels().status(request.params.connector_id),
  );
  app.post(
    `${one}/enabled`,
    {
      schema: {
        tags,
        summary: "Enable or disable a connector in palyra.toml",
        params: ConnectorParams,
        body: EnabledRequest,
        response: { 200: EnabledResponse },
      },
    },
    async (request) => {
      const id = request.params.connector_id;
      await parts.channels().connector(id);
      await parts.setEnabled(id, request.body.enabled);
      return { connector: await parts.channels().connector(id) };
    },
  );
  app.get(
    `${one}/logs`,
    {
      schema: {
        tags,
        summary: "Events and dead letters, newest first",
        params: ConnectorParams,
        querystring: LogsQuery,
        response: { 200: LogsResponse },
      },
    },
    (request) => parts.channels().logs(request.params.connector_id, request.query),
  );
  addOperations(app, parts, one);
  addTests(app, parts, one);
  addMessages(app, parts, one);
}

/** A form of the logs for callers that cannot write a colon into a path; admin surface only. */
export function addAdminChannelRoutes(app: ZodApp, parts: ChannelRouteParts): void {
  app.post(
    "/channels/logs/query",
    {
      schema: {
        tags: ["channels"],
        summary: "Events and dead letters of the named connector",
        body: LogsRequest,
        response: { 200: LogsResponse },
      },
    },
    (request) => parts.channels().logs(request.body.connector_id, request.body),
  );
}

function addOperations(app: ZodApp, parts: ChannelRouteParts, one: string): void {
  const tags = ["channel operations"];
  const response = { 200: ChannelActionResponse };
  const schema = (summary: string) => ({ tags, summary, params: ConnectorParams, response });
  app.post(`${one}/operations/queue/pause`, { schema: schema("Send nothing until resumed") }, (request) =>
    parts.channels().pause(request.params.connector_id, callerOf(request).surface),
  );
  app.post(`${one}/operations/queue/resume`, { schema: schema("Send again") }, (request) =>
    parts.channels().resume(request.params.connector_id, callerOf(request).surface),
  );
  app.post(
    `${one}/operations/queue/drain`,
    { schema: schema("Send what is due now, paused or not") },
    (request) => parts.channels().drain(request.params.connector_id),
  );
  app.post(`${one}/operations/restart`, { schema: schema("Connect anew") }, (request) =>
    parts.channels().restart(request.params.connector_id),
  );
  const letter = `${one}/operations/dead-letters/:dead_letter_id`;
  const letterSchema = (summary: string) => ({ tags, summary, params: DeadLetterParams, response });
  app.post(`${letter}/replay`, { schema: letterSchema("Send a dead letter again") }, (request) =>
    parts.channels().replay(request.params.connector_id, request.params.dead_letter_id),
  );
  app.post(`${letter}/discard`, { schema: letterSchema("Let a dead letter go") }, (request) =>
    parts.channels().discard(request.params.connector_id, request.params.dead_letter_id),
  );
  app.post(
    `${one}/operations/health-refresh`,
    {
      schema: {
        tags,
        summary: "Ask the provider who the bot is and what it may do",
        params: ConnectorParams,
        body: HealthRefreshRequest.nullish(),
        response: { 200: HealthRefreshResponse },
      },
    },
    (request) =>
      parts.channels().refreshHealth(request.params.connector_id, request.body?.verify_channel_id ?? null),
  );
}

function addTests(app: ZodApp, parts: ChannelRouteParts, one: string): void {
  const tags = ["channel operations"];
  app.post(
    `${one}/test`,
    {
      schema: {
        tags,
        summary: "Inject a message as if a person had written it",
        params: ConnectorParams,
        body: TestMessageRequest,
        response: { 200: TestMessageResponse },
      },
    },
    (request) => parts.channels().tests.receive(request.params.connector_id, request.body),
  );
  app.post(
    `${one}/test-send`,
    {
      schema: {
        tags,
        summary: "Send a text into a channel",
        params: ConnectorParams,
        headers: TestSendHeaders,
        body: TestSendRequest,
        response: { 200: TestSendResponse },
      },
    },
    (request) => {
      const key = request.headers["idempotency-key"] ?? null;
      return parts.channels().tests.send(request.params.connector_id, request.body, key);
    },
  );
}

function addMessages(app: ZodApp, parts: ChannelRouteParts, one: string): void {
  const tags = ["messages"];
  app.post(
    `${one}/messages/read`,
    {
      schema: {
        tags,
        summary: "Read messages of a conversation",
        params: ConnectorParams,
        body: ReadMessagesRequest,
        response: { 200: ReadMessagesResponse },
      },
    },
    async (request) => ({ result: await parts.messages().read(request.params.connector_id, request.body) }),
  );
  app.post(
    `${one}/messages/search`,
    {
      schema: {
        tags,
        summary: "Search messages of a conversation",
        params: ConnectorParams,
        body: SearchMessagesRequest,
        response: { 200: SearchMessagesResponse },
      },
    },
    async (request) => ({
      result: await parts.messages().search(request.params.connector_id, request.body),
    }),
  );
  app.post(
    `${one}/messages/edit`,
    {
      schema: {
        tags,
        summary: "Change a message of the bot",
        params: ConnectorParams,
        body: EditMessageHttpRequest,
        response: mutationAnswers,
      },
    },
    async (request, reply) => {
      const { approval_id: approvalId, ...asked } = request.body;
      const change = { operation: "edit", body: asked.body } as const;
      const run = (adapter: Parameters<MutationRun>[0]) => adapter.editMessage?.(asked);
      const mutation = { ...mutationOf(request), change, request: asked, approvalId, run };
      return answerMutation(reply, await parts.messages().mutate(mutation));
    },
  );
  app.post(
    `${one}/messages/delete`,
    {
      schema: {
        tags,
        summary: "Delete a message",
        params: ConnectorParams,
        body: DeleteMessageHttpRequest,
        response: mutationAnswers,
      },
    },
    async (request, reply) => {
      const { approval_id: approvalId, ...asked } = request.body;
      const change = { operation: "delete" } as const;
      const run = (adapter: Parameters<MutationRun>[0]) => adapter.deleteMessage?.(asked);
      const mutation = { ...mutationOf(request), change, request: asked, approvalId, run };
      return answerMutation(reply, await parts.messages().mutate(mutation));
    },
  );
  for (const operation of ["react_add", "react_remove"] as const) {
    app.post(
      `${one}/messages/${operation.replace("_", "-")}`,
      {
        schema: {
          tags,
          summary: operation === "react_add" ? "Put a reaction on a message" : "Take the bot's reaction away",
          params: ConnectorParams,
          body: ReactionHttpRequest,
          response: mutationAnswers,
        },
      },
      async (request, reply) => {
        const { approval_id: approvalId, ...asked } = request.body;
        const change = { operation, emoji: asked.emoji } as const;
        const run = (adapter: Parameters<MutationRun>[0]) =>
          operation === "react_add" ? adapter.addReaction?.(asked) : adapter.removeReaction?.(asked);
        const mutation = { ...mutationOf(request), change, request: asked, approvalId, run };
        return answerMutation(reply, await parts.messages().mutate(mutation));
      },
    );
  }
}

type MutationRun = Parameters<MessageDesk["mutate"]>[0]["run"];

function mutationOf(request: { readonly params: { readonly connector_id: string }; caller: Caller | null }) {
  return { connectorId: request.params.connector_id, by: callerOf(request) };
}

/** 200 with what was done, 202 while it waits for the owner. */
const mutationAnswers = { 200: MutationDone, 202: ApprovalRequired } as const;

interface MutationReply {
  code(status: 202): unknown;
}

function answerMutation(reply: MutationReply, answer: MutationResponse): MutationResponse {
  if ("approval_required" in answer) reply.code(202);
  return answer;
}

/** Who asks; the surface's own check has found that out before. */
export function callerOf(request: Pick<FastifyRequest, "caller">): Caller {
  if (request.caller !== null) return request.caller;
  throw new PalyraError("unauthorized", "The request shows no identity.");
}
