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
  const inMemoryUntil: number[] = [];
  const acceptInbound: typeof store.acceptInbound = async (...[event, session, now]) => {
    if (session !== null) await store.saveSession(event.connector_id, session, now);
    inMemoryUntil.push(Date.now() + forgetfulMs);
    setTimeout(() => {
      void store.acceptInbound(event, null, now).then(() => inMemoryUntil.shift());
    }, forgetfulMs);
    return true;
  };
  const nextDueAt: typeof store.nextDueAt = async (...[connectorId, queue]) => {
    const inMemory = queue === "inbound" ? inMemoryUntil : [];
    const due = [await store.nextDueAt(connectorId, queue), ...inMemory].filter((at) => at !== null);
    return due.length === 0 ? null : Math.min(...due);
  };
  const broken: Partial<typeof store> = { acceptInbound, nextDueAt };
  const forgetful = new Proxy(store, {
    get: (target, property) => {
      const replaced: unknown = Reflect.get(broken, property);
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { ...opened, store: forgetful };
}
