import type * as z from "zod";
import {
  ChannelActionResponse,
  EnabledResponse,
  HealthRefreshResponse,
  LogsResponse,
  TestSendResponse,
} from "../../contracts/http-channels.ts";
import {
  PairingCodeResponse,
  PairingDecisionResponse,
  PairingsResponse,
  type RoutePreviewRequest,
  RoutePreviewResponse,
} from "../../contracts/http-router.ts";
import type { GatewayApi } from "../gateway-api.ts";

type Operation = "restart" | "queue/pause" | "queue/resume" | "queue/drain";
type Pairings = PairingsResponse["pairings"][number];

/** Entries of a connector's log that are fetched at once. */
const logEntries = 200;

/** What the gateway does with a connector, its queue and its router. */
export class ChannelDesk {
  readonly #api: GatewayApi;

  constructor(api: GatewayApi) {
    this.#api = api;
  }

  async setEnabled(connectorId: string, enabled: boolean): Promise<void> {
    await this.#api.post(`${of(connectorId)}/enabled`, { enabled }, EnabledResponse);
  }

  /** @returns a sentence about what was done */
  async operate(connectorId: string, operation: Operation): Promise<string> {
    const path = `${of(connectorId)}/operations/${operation}`;
    return (await this.#api.post(path, {}, ChannelActionResponse)).action.message;
  }

  /** @returns a sentence about what was done */
  async deadLetter(connectorId: string, letter: number, action: "replay" | "discard"): Promise<string> {
    const path = `${of(connectorId)}/operations/dead-letters/${letter}/${action}`;
    return (await this.#api.post(path, {}, ChannelActionResponse)).action.message;
  }

  async logs(connectorId: string): Promise<LogsResponse> {
    return await this.#api.get(`${of(connectorId)}/logs?limit=${logEntries}`, LogsResponse);
  }

  async refreshHealth(connectorId: string): Promise<HealthRefreshResponse["health_refresh"]> {
    const path = `${of(connectorId)}/operations/health-refresh`;
    return (await this.#api.post(path, {}, HealthRefreshResponse)).health_refresh;
  }

  async testSend(connectorId: string, target: string, text: string): Promise<TestSendResponse["dispatch"]> {
    const body = { target, text, confirm: true };
    return (await this.#api.post(`${of(connectorId)}/test-send`, body, TestSendResponse)).dispatch;
  }

  async pairings(channel: string): Promise<Pairings> {
    const path = `/channels/router/pairings?channel=${encodeURIComponent(channel)}`;
    const { pairings } = await this.#api.get(path, PairingsResponse);
    const found = pairings.find((candidate) => candidate.channel === channel);
    return found ?? { channel, active_codes: [], pending: [], paired: [] };
  }

  async mintCode(channel: string): Promise<z.infer<typeof PairingCodeResponse>["code"]> {
    const body = { channel, issued_by: "VS Code" };
    return (await this.#api.post("/channels/router/pairing-codes", body, PairingCodeResponse)).code;
  }

  async decidePairing(
    channel: string,
    sender: string,
    decision: "approve" | "deny" | "revoke",
  ): Promise<void> {
    await this.#api.post(
      "/channels/router/pairings/decide",
      { channel, sender, decision },
      PairingDecisionResponse,
    );
  }

  async preview(
    request: Pick<RoutePreviewRequest, "channel" | "text"> & Partial<RoutePreviewRequest>,
    signal: AbortSignal,
  ): Promise<RoutePreviewResponse["preview"]> {
    return (await this.#api.post("/channels/router/preview", request, RoutePreviewResponse, { signal }))
      .preview;
  }
}

function of(connectorId: string): string {
  return `/channels/${encodeURIComponent(connectorId)}`;
}
