import assert from "node:assert/strict";
import type * as z from "zod";
import {
  AttachmentRef,
  connectorBounds,
  InboundMessageEvent,
  OutboundMessageRequest,
} from "../../../src/contracts/connector.ts";
import { MessageRecord } from "../../../src/contracts/message-admin.ts";
import { image } from "./router/event-scene.ts";
import { sampleEvent, sampleReply } from "./store/sample-messages.ts";

const attachment = { ...image("1"), url: "https://cdn.example/1", filename: "a.png" };
const event = sampleEvent(1, {
  parent_conversation_id: "discord:channel:2",
  sender_roles: ["discord:role:1"],
  attachments: [attachment],
});
const request = { ...sampleReply(sampleEvent(1)), in_reply_to_message_id: "5" };
const record = {
  locator: { conversation_id: "discord:channel:1", thread_id: null, message_id: "1" },
  sender_id: "discord:user:5",
  sender_display: "Ada",
  body: "hello",
  created_at_unix_ms: 1,
  edited_at_unix_ms: 2,
  is_direct_message: false,
  is_connector_authored: false,
  link: "https://discord.com/channels/1/2/3",
  attachments: [],
  reactions: [],
};

const faultOf = (schema: z.ZodType, value: unknown): string | null => {
  const result = schema.safeParse(value);
  return result.success ? null : (result.error.issues[0]?.path.join(".") ?? "");
};

/** Each shape with a value that is allowed. */
const shapes: [string, z.ZodType, object][] = [
  ["an event", InboundMessageEvent, event],
  ["an attachment", AttachmentRef, attachment],
  ["an outbound message", OutboundMessageRequest, request],
  ["a message that is looked at", MessageRecord, record],
];

describe("What crosses the border of a connector", () => {
  for (const [name, schema, value] of shapes) {
    it(`has no text and no number without a bound: ${name}`, () => {
      assert.equal(faultOf(schema, value), null);
      for (const [field, content] of Object.entries(value)) {
        if (typeof content === "string") {
          assert.equal(faultOf(schema, { ...value, [field]: "x".repeat(200_000) }), field);
        }
        if (typeof content === "number") {
          for (const wrong of [-1, 1.5, Number.NaN, 2 ** 60]) {
            assert.equal(faultOf(schema, { ...value, [field]: wrong }), field);
          }
        }
        if (Array.isArray(content)) {
          const many = Array.from({ length: 5_000 }, () => content[0] ?? {});
          assert.equal(faultOf(schema, { ...value, [field]: many })?.split(".", 1)[0], field);
        }
      }
    });
  }

  it("is measured in bytes, and exactly", () => {
    const fits = "é".repeat(connectorBounds.display / 2);
    assert.equal(faultOf(InboundMessageEvent, { ...event, sender_display: fits }), null);
    assert.equal(faultOf(InboundMessageEvent, { ...event, sender_display: `${fits}x` }), "sender_display");
    assert.equal(faultOf(OutboundMessageRequest, { ...request, nonce: "n".repeat(25) }), null);
    assert.equal(faultOf(OutboundMessageRequest, { ...request, nonce: "n".repeat(26) }), "nonce");
  });

  it("has ids and outbound texts that are not blank, while a person's text may be", () => {
    for (const field of ["connector_id", "provider_message_id", "conversation_id", "sender_id"]) {
      assert.equal(faultOf(InboundMessageEvent, { ...event, [field]: "  " }), field);
    }
    assert.equal(faultOf(InboundMessageEvent, { ...event, envelope_id: "not a ulid" }), "envelope_id");
    assert.equal(faultOf(InboundMessageEvent, { ...event, body: "" }), null);
    assert.equal(faultOf(OutboundMessageRequest, { ...request, text: " \n" }), "text");
  });
});
