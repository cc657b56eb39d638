import type { FastifyInstance } from "fastify";
import type { WebhookWarning } from "../../contracts/webhook-status.ts";
import type { WebhooksConfig } from "../../contracts/webhooks-config.ts";
import { messageOf, systemErrorCode } from "../../platform/errors.ts";

type Listen = NonNullable<WebhooksConfig["listen"]>;

export interface HookListenerOptions {
  /** Makes an app that serves `/hooks` and nothing else. */
  readonly app: () => FastifyInstance;
  /** What is to be said of the port. */
  readonly warnings: (warnings: readonly WebhookWarning[]) => void;
}

/** The port beside the loopback one, while the owner's configuration asks for it. */
export class HookListener {
  readonly #options: HookListenerOptions;
  #running: FastifyInstance | null = null;
  #wanted: Listen | null = null;
  #step: Promise<void> = Promise.resolve();

  constructor(options: HookListenerOptions) {
    this.#options = options;
  }

  /** Opens, moves or closes the port, as the configuration says now. Never throws: a fault is a warning. */
  apply({ listen = null }: { readonly listen?: Listen | null | undefined }): Promise<void> {
    this.#step = this.#step.then(async () => {
      if (JSON.stringify(listen) === JSON.stringify(this.#wanted)) return;
      this.#wanted = listen;
      await this.#close();
      if (listen === null) this.#options.warnings([]);
      else await this.#open(listen);
    });
    return this.#step;
  }

  close(): Promise<void> {
    return this.apply({ listen: null });
  }

  async #open(listen: Listen): Promise<void> {
    const { address, port } = listen;
    const app = this.#options.app();
    try {
      await app.listen({ host: address, port });
      this.#running = app;
      this.#options.warnings([
        {
          code: "listens_beyond_loopback",
          integration_id: null,
          message: `Webhooks are taken on ${address}, port ${port}: only signatures keep strangers out.`,
          next_step:
            "Remove [webhooks.listen] from palyra.toml when a tunnel to the loopback port is enough.",
        },
      ]);
    } catch (thrown) {
      await app.close();
      const taken = systemErrorCode(thrown) === "EADDRINUSE";
      this.#options.warnings([
        {
          code: "listener_failed",
          integration_id: null,
          message: `Webhooks cannot be taken on ${address}, port ${port}: ${taken ? "the port is taken" : messageOf(thrown)}.`,
          next_step: "Free the port, or choose another one in [webhooks.listen] of palyra.toml.",
        },
      ]);
    }
  }

  async #close(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.close();
  }
}
