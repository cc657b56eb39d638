import { randomBytes } from "node:crypto";
import * as z from "zod";
import { type DecideApprovalRequest, DecideApprovalResponse } from "../contracts/approvals.ts";
import {
  controlLinkProtocol,
  controlMethods,
  type HelloRequest,
  HelloResponse,
  LogNotification,
  SecretChange,
  type SecretChangeResult,
  type SecretRequest,
  SecretRequest as SecretRequestSchema,
  type SecretResponse,
  type SetTokensRequest,
  sidecarMethods,
  sidecarNotifications,
  TokenSuspicion,
} from "../contracts/control-link.ts";
import { SidecarStatus } from "../contracts/sidecar-status.ts";
import { type EventsRequest, EventsResponse } from "../contracts/timeline.ts";
import { constantTimeEqual, controlProof } from "../platform/control-proof.ts";
import { PalyraError } from "../platform/errors.ts";
import { connectLocal } from "./connect-local.ts";
import { RpcConnection } from "./rpc-connection.ts";

/** Time for one answer of a sidecar, in milliseconds. */
const answerMs = 5_000;

const Nothing = z.looseObject({});

/** What a sidecar says and asks. */
export interface ControlLinkEvents {
  status(status: SidecarStatus): void;
  log(lines: LogNotification["lines"]): void;
  secret(request: SecretRequest): Promise<SecretResponse>;
  /** The sidecar asks to keep or remove a secret. */
  changeSecret(change: SecretChange): Promise<SecretChangeResult>;
  /** The sidecar's own token may be known to others. */
  suspicion(reason: string): void;
  /** The connection is ended because the sidecar broke a bound. */
  cut(reason: string): void;
}

export interface ControlLinkTarget {
  readonly endpoint: string;
  readonly instanceId: string;
  readonly role: HelloRequest["role"];
  readonly client: HelloRequest["client"];
  /** Time for the connection and for the hello, each in milliseconds. */
  readonly timeoutMs: number;
}

/** The control center's end of the control link to one sidecar. */
export class ControlLink {
  readonly #rpc: RpcConnection;

  private constructor(rpc: RpcConnection) {
    this.#rpc = rpc;
  }

  /**
   * Connects and says hello.
   * @throws the system's error when nobody listens; `untrusted_responder` when the other end cannot prove the
   *   instance id; `version_skew`; `service_unavailable` when it does not answer in time
   */
  static async open(
    target: ControlLinkTarget,
    events: ControlLinkEvents,
  ): Promise<{ link: ControlLink; hello: HelloResponse }> {
    const rpc = new RpcConnection(await connectLocal(target.endpoint, target.timeoutMs), {
      cut: (reason) => events.cut(reason),
    });
    rpc.receive(sidecarNotifications.status, SidecarStatus, (status) => events.status(status));
    rpc.receive(sidecarNotifications.log, LogNotification, ({ lines }) => events.log(lines));
    rpc.receive(sidecarNotifications.suspicion, TokenSuspicion, ({ reason }) => events.suspicion(reason));
    rpc.handle(sidecarMethods.getSecret, SecretRequestSchema, (request) => events.secret(request));
    rpc.handle(sidecarMethods.changeSecret, SecretChange, (change) => events.changeSecret(change));
    rpc.listen();
    try {
      return { link: new ControlLink(rpc), hello: await sayHello(rpc, target) };
    } catch (thrown) {
      rpc.close();
      throw thrown;
    }
  }

  /** The heartbeat. */
  async ping(timeoutMs: number): Promise<void> {
    await this.#rpc.request(controlMethods.ping, {}, Nothing, timeoutMs);
  }

  /** Asks the sidecar to finish its work within `drainMs` and to exit; resolves when it has begun. */
  async stop(drainMs: number): Promise<void> {
    await this.#rpc.request(controlMethods.stop, { drain_ms: drainMs }, Nothing, answerMs);
  }

  async setTokens(tokens: SetTokensRequest): Promise<void> {
    await this.#rpc.request(controlMethods.setTokens, tokens, Nothing, answerMs);
  }

  async secretChanged(ref: string): Promise<void> {
    await this.#rpc.request(controlMethods.secretChanged, { ref }, Nothing, answerMs);
  }

  /** Brings the owner's word on a risky action. @returns what came of it @throws why it was not taken */
  async decideApproval(request: DecideApprovalRequest): Promise<string> {
    const method = controlMethods.decideApproval;
    return (await this.#rpc.request(method, request, DecideApprovalResponse, answerMs)).message;
  }

  /** What happened after a place in the sidecar's log of events. */
  async events(request: EventsRequest): Promise<EventsResponse> {
    return await this.#rpc.request(controlMethods.events, request, EventsResponse, answerMs);
  }

  onClosed(listener: () => void): void {
    this.#rpc.onClosed(listener);
  }

  close(): void {
    this.#rpc.close();
  }
}

async function sayHello(rpc: RpcConnection, target: ControlLinkTarget): Promise<HelloResponse> {
  const nonce = randomBytes(32).toString("base64url");
  const request: HelloRequest = {
    protocol: controlLinkProtocol,
    nonce,
    proof: controlProof("client", target.instanceId, nonce),
    role: target.role,
    client: target.client,
  };
  const hello = await rpc
    .request(controlMethods.hello, request, HelloResponse, target.timeoutMs)
    .catch((thrown: unknown) => {
      // It does not know the instance id, so it is not the program that was started with it.
      if (thrown instanceof PalyraError && thrown.code === "unauthorized") throw untrusted(target, thrown);
      throw thrown;
    });
  if (!constantTimeEqual(hello.proof, controlProof("sidecar", target.instanceId, nonce))) {
    throw untrusted(target);
  }
  return hello;
}

function untrusted(target: ControlLinkTarget, cause?: unknown): PalyraError {
  return new PalyraError(
    "untrusted_responder",
    `Another program answers on ${target.endpoint}.`,
    cause === undefined ? {} : { cause },
  );
}
