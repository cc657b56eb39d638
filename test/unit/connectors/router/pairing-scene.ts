import {
  noPairing,
  type PairingState,
  type PairingStore,
} from "../../../../src/connectors/router/pairing/pairing-store.ts";

/** Pairing kept in memory only. */
export class MemoryPairingStore implements PairingStore {
  readonly #states = new Map<string, PairingState>();

  read(connectorId: string): Promise<PairingState> {
    return Promise.resolve(this.#states.get(connectorId) ?? noPairing);
  }

  connectors(): Promise<string[]> {
    return Promise.resolve([...this.#states.keys()].sort());
  }

  async update<T>(
    connectorId: string,
    change: (state: PairingState) => { readonly state: PairingState; readonly result: T },
  ): Promise<T> {
    const { state, result } = change(await this.read(connectorId));
    this.#states.set(connectorId, state);
    return result;
  }
}
