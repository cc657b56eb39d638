import { CommandDesk } from "../connectors/commands/command-desk.ts";
import { storeCommands } from "../connectors/commands/store-commands.ts";
import type { ConnectorStore } from "../connectors/connector-store.ts";
import type { ConnectorSupervisor } from "../connectors/connector-supervisor.ts";
import type { NativeCommandHost } from "../connectors/discord/commands/answer-interaction.ts";
import { decideRoute } from "../connectors/router/decide-route.ts";
import { factsOfEvent } from "../connectors/router/message-facts.ts";
import type { PairingDesk } from "../connectors/router/pairing/pairing-desk.ts";
import type { RuleSet } from "../connectors/router/rule-set.ts";
import type { InboundMessageEvent } from "../contracts/connector.ts";

export interface CommandWiring {
  readonly store: ConnectorStore;
  readonly rules: () => RuleSet;
  readonly pairing: Pick<PairingDesk, "isPaired">;
  /** Asked for when a command is carried out: the connectors are made with the commands. */
  readonly connectors: () => Pick<ConnectorSupervisor, "stopTurn" | "conversationName"> | null;
}

/** What people can ask of this gateway in a channel; who is not answered there cannot use any of it. */
export function gatewayCommands(wiring: CommandWiring): CommandDesk {
  const { store, connectors } = wiring;
  const { status, stop, queue, whoami } = storeCommands({
    store,
    conversationName: ({ connector_id, conversation_id }) =>
      connectors()?.conversationName(connector_id, conversation_id) ?? conversation_id,
    stopTurn: async ({ connector_id, conversation_id }) =>
      (await connectors()?.stopTurn(connector_id, conversation_id)) ?? null,
  });
  return new CommandDesk({
    executors: { status, stop, queue, whoami },
    refusal: (event) => refusalOf(event, wiring),
  });
}

/** The commands as one Discord account registers and answers them. */
export function discordCommands(
  desk: CommandDesk,
  store: Pick<ConnectorStore, "commandSync">,
  connectorId: string,
): NativeCommandHost {
  return {
    catalog: desk.catalog,
    mayUse: ({ event }) => desk.mayUse(event),
    run: async ({ event, command, given }) => (await desk.handleNative(event, command, given)).reply,
    loadSync: () => store.commandSync.get(connectorId),
    saveSync: (state) => store.commandSync.put(state),
  };
}

/** Why a message of this person would not be answered there; room for it is no matter of policy. */
async function refusalOf(event: InboundMessageEvent, wiring: CommandWiring): Promise<string | null> {
  const facts = factsOfEvent(event);
  const isPaired =
    facts.isDirectMessage &&
    facts.sender !== null &&
    (await wiring.pairing.isPaired(event.connector_id, facts.sender));
  const decision = decideRoute(facts, wiring.rules(), { isPaired, activeTurns: 0 });
  return decision.kind === "no" ? decision.reason : null;
}
