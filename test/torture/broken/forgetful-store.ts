import {
  type OpenedConnectorStore,
  openConnectorStore as openDurableStore,
} from "../../../src/connectors/store/open-connector-store.ts";

export type { OpenedConnectorStore } from "../../../src/connectors/store/open-connector-store.ts";

/** How long an event that counts as stored is only in memory, in milliseconds. */
const forgetfulMs = 1_500;

/** The store with a broken promise: an event counts as stored a while before it is. */
export async function openConnectorStore(
  options: Parameters<typeof openDurableStore>[0],
): Promise<OpenedConnectorStore> {
  const opened = await openDurableStore(options);
  const { store } = opened;
  const acceptInbound: typeof store.acceptInbound = async (...[event, session, now]) => {
    if (session !== null) await store.saveSession(event.connector_id, session, now);
    setTimeout(() => void store.acceptInbound(event, null, now), forgetfulMs);
    return true;
  };
  const forgetful = new Proxy(store, {
    get: (target, property) => {
      if (property === "acceptInbound") return acceptInbound;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { ...opened, store: forgetful };
}
