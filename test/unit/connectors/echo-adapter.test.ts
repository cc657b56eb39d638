import assert from "node:assert/strict";
import { crashOnceMarker, EchoAdapter } from "../../../src/connectors/echo/echo-adapter.ts";
import { sampleEvent, sampleReply } from "./store/sample-messages.ts";

describe("The echo connector", () => {
  const echo = () => new EchoAdapter({ accept: async () => undefined, stateChanged: () => undefined });

  it("delivers a message once however often it is sent, under one id, and finds it again", async () => {
    const adapter = echo();
    const request = sampleReply(sampleEvent(1));
    assert.equal(await adapter.findSent(request), null);
    const first = await adapter.send(request);
    assert.deepEqual(await adapter.send(request), first);
    assert.deepEqual(adapter.delivered(), [request]);
    assert.deepEqual(first, { kind: "delivered", native_message_id: await adapter.findSent(request) });
    const other = await adapter.send(sampleReply(sampleEvent(2)));
    assert.notDeepEqual(other, first);
  });

  it("asks once to send a message again when the message says so", async () => {
    const adapter = echo();
    const request = { ...sampleReply(sampleEvent(1)), text: `x ${crashOnceMarker}` };
    const first = await adapter.send(request);
    assert.equal(first.kind === "retry" && first.class, "connector_restarting");
    assert.equal((await adapter.send(request)).kind, "delivered");
  });
});
