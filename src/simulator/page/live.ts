import type { ServerResponse } from "node:http";
import type { Clock } from "../clock.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { WorldEvent } from "../world/model.ts";
import type { World } from "../world/world.ts";
import { type SeenMessage, seeMessage } from "./view.ts";

/** What the chat page is told while it is open. */
type LiveEvent =
  | { readonly type: "hello" }
  | { readonly type: "message" | "messageChanged"; readonly message: SeenMessage }
  | { readonly type: "messageDeleted"; readonly messageId: string; readonly channelId: string }
  | { readonly type: "typing"; readonly channelId: string; readonly userId: string }
  /** Channels, members or presence changed: fetch the state again. */
  | { readonly type: "stateChanged" };

const KEEP_ALIVE_MS = 15_000;

/** Sends what happens to one onlooker as Server-Sent Events until the connection ends. */
export function streamLiveEvents(
  response: ServerResponse,
  meId: string,
  sources: { world: World; gateway: Gateway; clock: Clock },
): void {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  const send = (event: LiveEvent): void => {
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  };
  send({ type: "hello" });
  const stopWorld = sources.world.onEvent((event) => {
    const live = liveEvent(sources.world, event, meId);
    if (live) send(live);
  });
  const stopPresence = sources.gateway.onPresence(() => send({ type: "stateChanged" }));
  let cancelKeepAlive: () => void = () => undefined;
  const keepAlive = (): void => {
    response.write(": still here\n\n");
    cancelKeepAlive = sources.clock.schedule(keepAlive, KEEP_ALIVE_MS);
  };
  cancelKeepAlive = sources.clock.schedule(keepAlive, KEEP_ALIVE_MS);
  response.once("close", () => {
    stopWorld();
    stopPresence();
    cancelKeepAlive();
  });
}

/** What an event means for one onlooker; undefined when it is not theirs to see. */
function liveEvent(world: World, event: WorldEvent, meId: string): LiveEvent | undefined {
  switch (event.type) {
    case "messageCreated":
    case "messageUpdated": {
      if (!isVisible(world, event.message.channelId, meId)) return undefined;
      const message = seeMessage(world, event.message, meId);
      return message
        ? { type: event.type === "messageCreated" ? "message" : "messageChanged", message }
        : undefined;
    }
    case "messageDeleted":
      if (!isVisible(world, event.channelId, meId)) return undefined;
      return { type: "messageDeleted", messageId: event.messageId, channelId: event.channelId };
    case "reactionAdded":
    case "reactionRemoved": {
      if (!isVisible(world, event.channelId, meId)) return undefined;
      const found = world.findMessage(world.channel(event.channelId), event.messageId);
      const message = found ? seeMessage(world, found, meId) : null;
      return message ? { type: "messageChanged", message } : undefined;
    }
    case "typing":
      if (event.userId === meId || !isVisible(world, event.channelId, meId)) return undefined;
      return { type: "typing", channelId: event.channelId, userId: event.userId };
    default:
      return { type: "stateChanged" };
  }
}

function isVisible(world: World, channelId: string, meId: string): boolean {
  const channel = world.channels.get(channelId);
  return channel !== undefined && world.canView(channel, meId);
}
