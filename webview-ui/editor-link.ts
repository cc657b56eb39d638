import type { ApprovalVerdict } from "../src/contracts/approvals.ts";
import {
  type PanelCommand,
  PanelMemory,
  PanelRequest,
  type PanelState,
  PanelUpdate,
} from "../src/contracts/panel-link.ts";
import type { ServiceKind } from "../src/contracts/services.ts";

/** What VS Code gives to a page, once. */
export interface EditorApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/** Where messages of the editor arrive: the page's window. */
export interface MessageTarget {
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}

const emptyMemory: PanelMemory = { messages: "all" };

/** The page's end of the link to the editor: checks every message in both directions. */
export class EditorLink {
  readonly #api: EditorApi;
  #revision = -1;

  constructor(api: EditorApi) {
    this.#api = api;
  }

  /**
   * Calls `onState` for every state that is newer than the last one, and asks for the first.
   * What is not an update of ours is left alone: other code in the page's frame may post messages too.
   */
  listen(target: MessageTarget, onState: (state: PanelState) => void): void {
    target.addEventListener("message", (event) => {
      const parsed = PanelUpdate.safeParse(event.data);
      if (!parsed.success || parsed.data.revision <= this.#revision) return;
      this.#revision = parsed.data.revision;
      onState(parsed.data.state);
    });
    this.#send({ type: "ready" });
  }

  run(command: PanelCommand, service?: ServiceKind): void {
    this.#send(service === undefined ? { type: "run", command } : { type: "run", command, service });
  }

  /** Runs the remedy of a warning. */
  mend(warningId: string): void {
    this.#send({ type: "mend", warning_id: warningId });
  }

  /** Shows an event in the log. */
  showEvent(seq: number): void {
    this.#send({ type: "show_event", seq });
  }

  /** Shows the undeliverable replies of a connector, to send them again or let them go. */
  showUndelivered(connectorId: string): void {
    this.#send({ type: "show_undelivered", connector_id: connectorId });
  }

  /** Tells the user's word on a risky action. */
  decide(approvalId: string, verdict: ApprovalVerdict): void {
    this.#send({ type: "decide", approval_id: approvalId, verdict });
  }

  /** What the page kept over a reload; the defaults when there is nothing that can be read. */
  get memory(): PanelMemory {
    const kept = PanelMemory.safeParse(this.#api.getState());
    return kept.success ? kept.data : emptyMemory;
  }

  set memory(memory: PanelMemory) {
    this.#api.setState(memory);
  }

  #send(request: PanelRequest): void {
    this.#api.postMessage(PanelRequest.parse(request));
  }
}
