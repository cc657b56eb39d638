import type * as z from "zod";
import type { GatewayCall } from "../contracts/owner-link.ts";
import { PalyraError } from "../platform/errors.ts";
import type { ControlCenterPort } from "./control-center-port.ts";

/** How long an ordinary answer may take, in milliseconds. */
const answerMs = 20_000;

export interface AskOptions {
  readonly signal?: AbortSignal;
  /** In milliseconds. */
  readonly timeoutMs?: number;
}

/** The gateway's administration API with checked answers. A window that does not own the services asks their owner. */
export class GatewayApi {
  readonly #center: () => Promise<Pick<ControlCenterPort, "callGateway">>;

  constructor(center: () => Promise<Pick<ControlCenterPort, "callGateway">>) {
    this.#center = center;
  }

  /** @throws the gateway's error; `not_running`; `version_skew` when the answer is not as expected */
  async get<Schema extends z.ZodType>(
    path: string,
    answer: Schema,
    options: AskOptions = {},
  ): Promise<z.output<Schema>> {
    return await this.#ask(
      { method: "GET", path, timeout_ms: options.timeoutMs ?? answerMs },
      answer,
      options,
    );
  }

  /** @throws as `get` */
  async post<Schema extends z.ZodType>(
    path: string,
    body: object,
    answer: Schema,
    options: AskOptions = {},
  ): Promise<z.output<Schema>> {
    const timeout_ms = options.timeoutMs ?? answerMs;
    return await this.#ask({ method: "POST", path, body, timeout_ms }, answer, options);
  }

  async #ask<Schema extends z.ZodType>(
    call: GatewayCall,
    answer: Schema,
    { signal }: AskOptions,
  ): Promise<z.output<Schema>> {
    const center = await this.#center();
    const parsed = answer.safeParse(await center.callGateway(call, signal));
    if (parsed.success) return parsed.data;
    throw new PalyraError("version_skew", "The gateway's answer is not what this version expects.");
  }
}
