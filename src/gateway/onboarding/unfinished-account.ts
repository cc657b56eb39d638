import { discordConnectorId } from "../../contracts/gateway-config.ts";
import type { StagedAccount } from "../../contracts/staged-account.ts";
import { messageOf } from "../../platform/errors.ts";
import type { Logger } from "../../sidecar/log/logger.ts";
import type { OnboardingParts } from "./onboarding-parts.ts";
import type { StagedNote } from "./staged-note.ts";

export interface UnfinishedAccountParts {
  readonly note: StagedNote;
  readonly configFile: string;
  readonly secrets: OnboardingParts["secrets"];
  readonly log: Logger;
  /** Brings into force what was put back: the configuration, and the token of the account if that changed. */
  readonly reapply: (account: string, tokenChanged: boolean) => Promise<void>;
}

/** Takes back the change of an account that was cut short, by a gateway that was killed or a controller that left. */
export class UnfinishedAccount {
  readonly #parts: UnfinishedAccountParts;

  constructor(parts: UnfinishedAccountParts) {
    this.#parts = parts;
  }

  /** The part that needs no controller; to be done before the configuration is used. Never rejects. */
  async putFileBack(): Promise<void> {
    try {
      const note = await this.#parts.note.read();
      if (note !== null) await this.#putFileBack(note);
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  /**
   * Takes back what there is to take back. Not to be called while an account is being changed.
   * @throws when that cannot be done now; it is tried again with the next call
   */
  async settle(): Promise<void> {
    const { note: file, secrets, log, reapply } = this.#parts;
    const note = await file.read();
    if (note === null) return;
    const { putTokenBack } = await import("./take-back-staged.ts");
    await this.#putFileBack(note);
    const tokenChanged = await putTokenBack({ secrets }, note, new AbortController().signal);
    await file.drop();
    await reapply(note.account_id, tokenChanged);
    if (note.done) return;
    log.warn("setting up an account was cut short; everything is as it was before", {
      connector: discordConnectorId(note.account_id),
    });
  }

  async #putFileBack(note: StagedAccount): Promise<void> {
    if (note.done || note.file === null) return;
    const { putFileBack } = await import("./take-back-staged.ts");
    await putFileBack(this.#parts.configFile, note);
  }

  /** Notes why it is not taken back yet. */
  failed(thrown: unknown): void {
    this.#parts.log.error("setting up an account was cut short, and cannot be taken back now", {
      error: messageOf(thrown),
    });
  }
}
