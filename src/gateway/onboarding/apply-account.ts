import type { ConnectorInstance } from "../../connectors/connector-instance.ts";
import type { ConnectorSupervisor } from "../../connectors/connector-supervisor.ts";
import { discordConnectorId, discordTokenRef } from "../../contracts/gateway-config.ts";
import { type StagedAccount, stagedAccountVersion, stagedTokenRef } from "../../contracts/staged-account.ts";
import { detailsOf, messageOf, PalyraError } from "../../platform/errors.ts";
import { type SectionWish, writeAccount } from "./account-section.ts";
import { type OnboardingParts, throwIfCancelled } from "./onboarding-parts.ts";
import { editReversibly, foreseenEdit } from "./reversible-edit.ts";
import { tokenDigest } from "./staged-note.ts";
import { UndoList } from "./undo-list.ts";
import { waitConnected } from "./wait-connected.ts";

/** A change of an account that was looked at and can be made. */
export interface AccountChange {
  readonly account: string;
  readonly wish: SectionWish;
  /** Whether the file has to change for it. */
  readonly changesConfig: boolean;
  /** The token to be used, and the one that is stored; null for none. */
  readonly token: string;
  readonly storedToken: string | null;
  readonly botId: string;
  readonly timeoutMs: number;
}

export interface AppliedChange {
  readonly changed: boolean;
  readonly tokenStored: boolean;
  readonly configCreated: boolean;
}

/**
 * Stores the token, writes the section, applies both and waits until the bot is connected. When anything fails on the
 * way, or nobody waits for it any more, all of it is taken back: the file byte by byte, the token, the connection. What
 * cannot be taken back now, because this process is killed or nobody keeps the token, is noted on the disk and taken
 * back as soon as it can be.
 * @throws why it failed
 */
export async function applyAccount(
  parts: OnboardingParts,
  change: AccountChange,
  signal: AbortSignal,
): Promise<AppliedChange> {
  const undo = new UndoList();
  throwIfCancelled(signal);
  const note = await noteOf(parts, change);
  await parts.note.write(note);
  try {
    const applied = await carryOut(parts, change, undo, signal);
    await finish(parts, note);
    return applied;
  } catch (thrown) {
    const left = await undo.takeBack();
    if (left.length === 0) await parts.note.drop().catch((fault: unknown) => left.push(messageOf(fault)));
    const { code, message, next_step: nextStep } = detailsOf(thrown);
    const sentence =
      left.length === 0
        ? "Everything is as it was before."
        : `This could not be taken back yet, and is tried again by itself: ${left.join("; ")}.`;
    throw new PalyraError(code, `${message} ${sentence}`, { nextStep, cause: thrown });
  }
}

async function noteOf({ configFile }: OnboardingParts, change: AccountChange): Promise<StagedAccount> {
  const { account, wish, token, storedToken, changesConfig } = change;
  const tokenChanges = token !== storedToken;
  return {
    version: stagedAccountVersion,
    account_id: account,
    done: false,
    token: tokenChanges ? (storedToken === null ? "new" : "replaced") : "unchanged",
    token_digest: tokenChanges ? tokenDigest(token) : null,
    file: changesConfig ? await foreseenEdit(configFile, (file) => writeAccount(file, account, wish)) : null,
  };
}

/** From here on it is done, whatever happens to the copy of the token before. */
async function finish({ note: file, secrets }: OnboardingParts, note: StagedAccount): Promise<void> {
  if (note.token !== "replaced") {
    await file.drop();
    return;
  }
  await file.write({ ...note, done: true });
  try {
    await secrets.change(stagedTokenRef(note.account_id), null);
    await file.drop();
  } catch {
    // The note stays: the next turn removes the copy, or tells why it cannot.
  }
}

async function carryOut(
  parts: OnboardingParts,
  change: AccountChange,
  undo: UndoList,
  signal: AbortSignal,
): Promise<AppliedChange> {
  const { account, wish, token, storedToken, botId, timeoutMs } = change;
  const { channels, config, configFile, secrets } = parts;
  const connectorId = discordConnectorId(account);
  const ref = discordTokenRef(account);
  const tokenStored = token !== storedToken;
  const before = instanceOf(parts, connectorId);
  const wasRunning = before?.state().liveness === "running";
  let restarted = false;
  undo.add("the connection", async () => {
    await config.reload();
    await channels.applyConfig();
    await bringBack(parts, connectorId, { existed: before !== null, restarted });
  });
  if (tokenStored) {
    if (storedToken !== null) {
      const copy = stagedTokenRef(account);
      undo.add("the copy of the old bot token", () => secrets.change(copy, null));
      await secrets.change(copy, storedToken);
    }
    undo.add("the bot token", () => secrets.change(ref, storedToken));
    await secrets.change(ref, token);
    throwIfCancelled(signal);
  }
  let configCreated = false;
  if (change.changesConfig) {
    const edit = await editReversibly(configFile, account, (file) => writeAccount(file, account, wish));
    undo.add("palyra.toml", () => edit.undo());
    configCreated = !edit.existed;
    await config.reload();
  }
  await channels.applyConfig();
  const now = instanceOf(parts, connectorId);
  if (now !== null && now === before && (tokenStored || !wasRunning)) {
    restarted = true;
    await channels.connectors.restart(connectorId);
  }
  await waitConnected({
    state: () => instanceOf(parts, connectorId)?.state() ?? null,
    watch: (listener) => channels.watch(listener),
    botId,
    timeoutMs,
    signal,
  });
  return {
    changed: tokenStored || change.changesConfig || now !== before || restarted,
    tokenStored,
    configCreated,
  };
}

/** A connector that was there connects with the old token again; a new one goes. */
async function bringBack(
  { channels }: OnboardingParts,
  connectorId: string,
  { existed, restarted }: { readonly existed: boolean; readonly restarted: boolean },
): Promise<void> {
  const { connectors } = channels;
  const isConfigured = connectors.ids().includes(connectorId);
  if (!isConfigured) await forget(connectors, connectorId);
  else if (existed && restarted) await connectors.restart(connectorId);
}

async function forget(connectors: ConnectorSupervisor, connectorId: string): Promise<void> {
  try {
    await connectors.remove(connectorId, "keep");
  } catch (thrown) {
    // It failed before the connector was known.
    if (!(thrown instanceof PalyraError && thrown.code === "not_found")) throw thrown;
  }
}

/** The running connector of an account; null when it does not run or is not configured. */
export function instanceOf({ channels }: OnboardingParts, connectorId: string): ConnectorInstance | null {
  const { connectors } = channels;
  return connectors.ids().includes(connectorId) ? connectors.running(connectorId) : null;
}
