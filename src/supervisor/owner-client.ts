import * as z from "zod";
import {
  GatewayAnswer,
  type GatewayCall,
  type OwnerCommand,
  OwnerCommandResult,
  type OwnerHelloRequest,
  OwnerHelloResponse,
  OwnerLogs,
  ownerMethods,
  ownerNotifications,
  ownerProtocol,
} from "../contracts/owner-link.ts";
import { LogLine, type ServiceKind } from "../contracts/services.ts";
import { ControlCenterSnapshot } from "../contracts/snapshot.ts";
import { PalyraError } from "../platform/errors.ts";
import { connectLocal } from "./connect-local.ts";
import { RpcConnection } from "./rpc-connection.ts";

/** Time for the connection and for the hello, each in milliseconds. */
const helloMs = 2_000;
/** Time for a command: a stop may drain and then wait for the process. */
const commandMs = 60_000;
const logsMs = 5_000;
/** How long the owner may take beyond the time it has for the gateway. */
const passingOnMs = 5_000;

export interface OwnerClientEvents {
  snapshot(snapshot: ControlCenterSnapshot): void;
  log(lines: readonly LogLine[]): void;
}

/** An observer's end of the owner link. */
export class OwnerClient {
  /** The owner's snapshot at the time of the connection; newer ones are events. */
  readonly snapshot: ControlCenterSnapshot;
  readonly #rpc: RpcConnection;

  private constructor(rpc: RpcConnection, snapshot: ControlCenterSnapshot) {
    this.#rpc = rpc;
    this.snapshot = snapshot;
  }

  /**
   * Connects to the owner and subscribes.
   * @throws the system's error when nobody listens; `service_unavailable` when the owner does not answer;
   *   `version_skew`
   */
  static async connect(
    endpoint: string,
    client: OwnerHelloRequest["client"],
    events: OwnerClientEvents,
  ): Promise<OwnerClient> {
    const rpc = new RpcConnection(await connectLocal(endpoint, helloMs));
    // A change may overtake the answer to the hello.
    let newest: ControlCenterSnapshot | null = null;
    rpc.receive(ownerNotifications.snapshot, ControlCenterSnapshot, (snapshot) => {
      newest = snapshot;
      events.snapshot(snapshot);
    });
    rpc.receive(ownerNotifications.log, z.object({ lines: z.array(LogLine) }), ({ lines }) =>
      events.log(lines),
    );
    rpc.listen();
    try {
      const request: OwnerHelloRequest = { protocol: ownerProtocol, client };
      const hello = await rpc.request(ownerMethods.hello, request, OwnerHelloResponse, helloMs);
      return new OwnerClient(rpc, newest ?? hello.snapshot);
    } catch (thrown) {
      rpc.close();
      throw thrown;
    }
  }

  /** Has the owner carry out a command. @returns its sentence @throws its error */
  async command(command: OwnerCommand): Promise<string> {
    const result = await this.#rpc.request(ownerMethods.command, command, OwnerCommandResult, commandMs);
    if (result.ok) return result.message;
    throw PalyraError.fromDetails(result.error);
  }

  /** Has the owner make a request of the gateway. @returns the gateway's answer @throws its error */
  async callGateway(call: GatewayCall, signal?: AbortSignal): Promise<unknown> {
    const timeoutMs = call.timeout_ms + passingOnMs;
    const answer = await this.#rpc.request(ownerMethods.gateway, call, GatewayAnswer, timeoutMs, signal);
    if (answer.ok) return answer.body;
    throw PalyraError.fromDetails(answer.error);
  }

  async logs(service?: ServiceKind): Promise<readonly LogLine[]> {
    const params = service === undefined ? {} : { service };
    return (await this.#rpc.request(ownerMethods.logs, params, OwnerLogs, logsMs)).lines;
  }

  onClosed(listener: () => void): void {
    this.#rpc.onClosed(listener);
  }

  close(): void {
    this.#rpc.close();
  }
}
