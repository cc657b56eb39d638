import type { PairingDesk } from "../../connectors/router/pairing/pairing-desk.ts";
import type { PairingCode } from "../../connectors/router/pairing/pairing-store.ts";
import type { RuleSet } from "../../connectors/router/rule-set.ts";
import {
  PairingCodeRequest,
  PairingCodeResponse,
  PairingDecisionRequest,
  PairingDecisionResponse,
  PairingsQuery,
  PairingsResponse,
  RoutePreviewRequest,
  RoutePreviewResponse,
  RouterRulesResponse,
  RouterWarningsResponse,
} from "../../contracts/http-router.ts";
import { PalyraError } from "../../platform/errors.ts";
import { callerOf } from "./channel-routes.ts";
import type { ZodApp } from "./zod-app.ts";

export interface RouterRouteParts {
  /** The rules that are applied now. */
  readonly rules: () => RuleSet;
  readonly warnings: () => Promise<readonly { code: string; origin: string; message: string }[]>;
  /** @throws `service_unavailable` while the store is not open */
  readonly pairing: () => PairingDesk;
  /** Tells a person something, through the outbox. */
  readonly tell: (connectorId: string, conversationId: string, text: string) => Promise<void>;
}

const tags = ["router"];
const place = "/channels/router";

/** Rules, preview and pairing; alike on both surfaces. */
export function addRouterRoutes(app: ZodApp, parts: RouterRouteParts): void {
  app.get(
    `${place}/rules`,
    {
      schema: { tags, summary: "The routing rules that are applied", response: { 200: RouterRulesResponse } },
    },
    async () => ({ config: parts.rules().router, config_hash: parts.rules().hash }),
  );
  app.get(
    `${place}/warnings`,
    {
      schema: {
        tags,
        summary: "Rules that are probably not meant",
        response: { 200: RouterWarningsResponse },
      },
    },
    async () => ({ warnings: [...(await parts.warnings())], config_hash: parts.rules().hash }),
  );
  app.post(
    `${place}/preview`,
    {
      schema: {
        tags,
        summary: "What would become of a message, step by step",
        body: RoutePreviewRequest,
        response: { 200: RoutePreviewResponse },
      },
    },
    async (request) => ({ preview: await previewOf(parts, request.body) }),
  );
  addPairing(app, parts);
}

function addPairing(app: ZodApp, parts: RouterRouteParts): void {
  app.get(
    `${place}/pairings`,
    {
      schema: {
        tags,
        summary: "Codes, people who wait, and people who are paired",
        querystring: PairingsQuery,
        response: { 200: PairingsResponse },
      },
    },
    async (request) => ({
      pairings: (await parts.pairing().list(request.query.channel)).map((one) => ({
        channel: one.connectorId,
        active_codes: one.activeCodes.map(codeOf),
        pending: one.pending.map(personOf),
        paired: one.paired.map(personOf),
      })),
      config_hash: parts.rules().hash,
    }),
  );
  app.post(
    `${place}/pairing-codes`,
    {
      schema: {
        tags,
        summary: "Make a code with which a person can ask to be paired",
        body: PairingCodeRequest,
        response: { 200: PairingCodeResponse },
      },
    },
    async (request) => {
      const { channel, issued_by, ttl_ms } = request.body;
      const by = issued_by ?? callerOf(request).principal;
      const minted = await parts.pairing().mint(channel, by, ttl_ms ?? null);
      if (minted.kind === "minted") return { code: codeOf(minted.code), config_hash: parts.rules().hash };
      if (minted.kind === "too_many_active_codes") {
        throw new PalyraError("conflict", `Too many pairing codes of ${channel} are in force.`, {
          nextStep: "Use one of them, or wait until they expire.",
        });
      }
      throw new PalyraError("failed_precondition", `${channel} does not pair people for direct messages.`, {
        nextStep: "Set direct_message_policy = “pairing” for it in palyra.toml.",
      });
    },
  );
  app.post(
    `${place}/pairings/decide`,
    {
      schema: {
        tags,
        summary: "Let a waiting person in or turn them away, or end a pairing",
        body: PairingDecisionRequest,
        response: { 200: PairingDecisionResponse },
      },
    },
    async (request) => {
      const { channel, sender, decision, ttl_ms } = request.body;
      if (decision === "revoke") {
        return { outcome: (await parts.pairing().revoke(channel, sender)) ? "revoked" : "nothing_to_revoke" };
      }
      const by = callerOf(request).principal;
      const { outcome, notice } = await (decision === "approve"
        ? parts.pairing().approve(channel, sender, by, ttl_ms ?? null)
        : parts.pairing().deny(channel, sender, by));
      if (notice !== null) await parts.tell(notice.connectorId, notice.conversation, notice.text);
      return { outcome: outcome.kind };
    },
  );
}

async function previewOf(
  parts: RouterRouteParts,
  asked: RoutePreviewRequest,
): Promise<RoutePreviewResponse["preview"]> {
  const { previewRoute } = await import("../../connectors/router/preview-route.ts");
  const { channel, sender_identity: sender } = asked;
  const isPaired =
    sender !== undefined && asked.is_direct_message && (await parts.pairing().isPaired(channel, sender));
  const preview = previewRoute(
    {
      channel,
      conversation: asked.conversation_id,
      parentConversation: asked.parent_conversation_id,
      guild: asked.guild_id,
      sender,
      roles: asked.sender_roles,
      senderVerified: asked.sender_verified,
      text: asked.text,
      hasAttachments: asked.has_attachments,
      isDirectMessage: asked.is_direct_message,
      addressesBot: asked.addresses_bot,
      requestedBroadcast: asked.requested_broadcast,
    },
    parts.rules(),
    { isPaired, activeTurns: 0 },
  );
  return {
    accepted: preview.accepted,
    reason: preview.reason,
    sentence: preview.sentence,
    route_key: preview.routeKey,
    session_key: preview.sessionKey,
    sender_identity: preview.senderIdentity,
    config_hash: preview.configHash,
    origins: [...preview.origins],
    steps: preview.steps.map((step) => ({ ...step })),
  };
}

function codeOf(code: PairingCode) {
  return { code: code.code, issued_by: code.issuedBy, expires_at_unix_ms: code.expiresAt };
}

function personOf(person: { readonly sender: string; readonly expiresAt: number }) {
  return { sender: person.sender, expires_at_unix_ms: person.expiresAt };
}
