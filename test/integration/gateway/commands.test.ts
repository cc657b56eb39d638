import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { connectorOf, GatewayScene, gatewayStatus } from "../../support/sidecar/gateway-scene.ts";
import type { ControlLink } from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const slowGateway = fileURLToPath(new URL("../../support/slow-agent/test-gateway.ts", import.meta.url));
const open = 'inbound_scope = "open_guild_channels"\ndirect_message_policy = "allow"\n';

describe("Commands of people on Discord:", () => {
  let scene: GatewayScene;
  afterEach(() => scene.close());

  const requests = (method: string, part: string): number =>
    scene.simulator.requestLog.filter((entry) => entry.method === method && entry.path.includes(part)).length;
  const registered = () => waitUntil("the registered commands", () => requests("PUT", "/applications/") > 0);
  const answerIn = (channel: string, text: RegExp) =>
    waitUntil(`an answer like ${text}`, () => scene.answers(channel).find((one) => text.test(one)));
  const inWork = (link: ControlLink, count = 1) =>
    waitUntil(
      "the turn to begin",
      () => gatewayStatus(link).recent_messages.filter(({ state }) => state === "routing").length === count,
    );

  describe("A text command", () => {
    it("is answered by the gateway and not by the agent, as a reply, whether it is understood or not", async () => {
      scene = await GatewayScene.open();
      const { link } = await scene.startConnected();
      const asked = scene.simulator.people.write("ada", "general", "/palyra whoami");
      const answer = await answerIn("general", /^You are discord:user:/);
      assert.ok(answer.includes("#general"), answer);
      assert.equal(scene.simulator.lab.general.messages.at(-1)?.reference?.messageId, asked.id);
      scene.simulator.people.write("ada", "general", "@palyra !PALYRA help");
      await answerIn("general", /^Write \/palyra and one of these words:\nstatus: /);
      scene.simulator.people.write("ada", "general", "/palyra stpo");
      await answerIn("general", /^There is no such command\. Commands: status, stop, queue, whoami, help\.$/);
      await scene.waitUntilIdle(link, 3);
      assert.equal(scene.answers("general").length, 3);
    });

    it("is told from a text that only looks like one, which goes to the agent", async () => {
      scene = await GatewayScene.open();
      await scene.startConnected();
      for (const text of ["/shrug hello", "/palyrastatus", "what does /palyra stop do?"]) {
        scene.simulator.people.write("ada", "general", `@palyra ${text}`);
      }
      const expected = ["/shrug hello", "/palyrastatus", "what does /palyra stop do?"];
      assert.deepEqual(await scene.waitForAnswers("general", 3), expected);
    });

    it("is answered once although the gateway is killed between receiving and answering it", async () => {
      scene = await GatewayScene.open();
      const { gateway } = await scene.startConnected();
      const stopFault = scene.simulator.faults.add({
        kind: "hang",
        method: "POST",
        pathIncludes: "/messages",
      });
      scene.simulator.people.write("ada", "general", "/palyra whoami");
      await waitUntil("the send to begin", () => requests("POST", "/messages") > 0);
      await gateway.kill();
      stopFault();
      const { link } = await scene.start();
      await answerIn("general", /^You are /);
      await scene.waitUntilIdle(link, 1);
      assert.equal(scene.answers("general").length, 1);
    });
  });

  describe("A slash command", () => {
    it("is registered when the bot comes, and not again by a gateway that finds the same there", async () => {
      scene = await GatewayScene.open();
      const { gateway } = await scene.startConnected();
      await registered();
      await gateway.kill();
      const reads = requests("GET", "/commands");
      await scene.startConnected();
      await waitUntil("the comparison", () => requests("GET", "/commands") > reads);
      scene.simulator.people.useCommand("ada", "general", "/status");
      await answerIn("general", /waiting to be answered/);
      assert.equal(requests("PUT", "/applications/"), 1);
    });

    it("is answered to its sender only, and pings nobody", async () => {
      scene = await GatewayScene.open();
      await scene.startConnected();
      await registered();
      scene.simulator.people.useCommand("ada", "general", "/whoami");
      await answerIn("general", /^You are discord:user:/);
      const answer = scene.simulator.lab.general.messages.at(-1);
      assert.equal(answer?.onlyForUserId, scene.simulator.lab.people.ada.id);
      assert.deepEqual(answer?.mentionUserIds, []);
    });

    it("is answered once although the gateway is killed between receiving and answering it", async () => {
      scene = await GatewayScene.open();
      const { gateway } = await scene.startConnected();
      await registered();
      const stopFault = scene.simulator.faults.add({
        kind: "hang",
        method: "PATCH",
        pathIncludes: "/webhooks/",
      });
      scene.simulator.people.useCommand("ada", "general", "/whoami");
      await waitUntil("the answer to begin", () => requests("PATCH", "/webhooks/") > 0);
      // A message that comes after it must not take its place in the session.
      scene.simulator.people.write("ada", "general", "@palyra meanwhile");
      await answerIn("general", /^meanwhile$/);
      await gateway.kill();
      stopFault();
      await scene.startConnected();
      await answerIn("general", /^You are /);
      const answers = scene.answers("general").map((answer) => answer.slice(0, 7));
      assert.deepEqual(answers, ["You are", "meanwhi"]);
      assert.equal(requests("POST", "/callback"), 2);
    });
  });

  describe("A command of a person who is not answered", () => {
    it("gets no answer, typed or chosen, and the reason is kept", async () => {
      scene = await GatewayScene.open();
      const { people, lab } = scene.simulator;
      await scene.configure(`${open}deny_from = ["${lab.people.linus.id}"]\n`);
      const { link } = await scene.startConnected();
      await registered();
      people.write("linus", "general", "/palyra whoami");
      people.useCommand("linus", "general", "/whoami");
      people.write("ada", "general", "/palyra whoami");
      people.useCommand("ada", "general", "/whoami");
      await waitUntil("both of Ada's answers", () => scene.answers("general").filter(Boolean).length === 2);
      await scene.waitUntilIdle(link, 2);
      const ada = `discord:user:${lab.people.ada.id}`;
      assert.ok(scene.answers("general").every((answer) => answer.includes(ada)));
      assert.equal(requests("POST", "/callback"), 1);
      const ignored = gatewayStatus(link).recent_messages.find((message) => message.state === "ignored");
      assert.equal(ignored?.reason, "sender_denied");
    });

    it("in a direct message leads to pairing, as every message does", async () => {
      scene = await GatewayScene.open({ settings: "" });
      await scene.startConnected();
      const direct = scene.simulator.people.openDirect("grace", "palyra");
      scene.simulator.people.write("grace", direct.id, "/palyra status");
      const [hint] = await scene.waitForAnswers(direct.id, 1);
      assert.match(hint ?? "", /pair/i);
    });

    it("is nobody's while the account is switched off, and works again after", async () => {
      scene = await GatewayScene.open();
      const { link } = await scene.startConnected();
      await registered();
      await scene.configure(`enabled = false\n${open}`);
      await link.request("config/reload");
      await waitUntil("the account to leave", () => connectorOf(link)?.liveness === "stopped");
      const { people } = scene.simulator;
      assert.throws(() => people.useCommand("ada", "general", "/whoami"), /did not respond/);
      await scene.configure(open);
      await link.request("config/reload");
      await waitUntil("the account to come back", () => connectorOf(link)?.liveness === "running");
      people.useCommand("ada", "general", "/whoami");
      await answerIn("general", /^You are /);
      assert.equal(requests("PUT", "/applications/"), 1);
    });
  });

  describe("Stopping an answer", () => {
    it("by text happens at once, and what was written after it is answered next", async () => {
      scene = await GatewayScene.open({ entry: slowGateway });
      const { link } = await scene.startConnected();
      const { people } = scene.simulator;
      people.write("ada", "general", "@palyra slowly tell a long story");
      await inWork(link);
      people.write("ada", "general", "@palyra a short one");
      people.write("ada", "general", "/palyra stop it takes too long");
      const answers = await scene.waitForAnswers("general", 2);
      assert.deepEqual([...answers].sort(), [
        "Stopped: the answer to “slowly tell a long story”.",
        "a short one",
      ]);
      await scene.waitUntilIdle(link, 3);
      const told = gatewayStatus(link).recent_messages.find((message) => message.state === "ignored");
      assert.equal(told?.reason, "stopped_by_person");
      people.write("ada", "general", "/palyra stop");
      await answerIn("general", /^No answer is being written here\.$/);
      assert.equal(scene.answers("general").length, 3);
    });

    it("by a slash command happens at once too, and only where it was used", async () => {
      scene = await GatewayScene.open({ entry: slowGateway });
      const { link } = await scene.startConnected();
      await registered();
      const { people } = scene.simulator;
      people.write("ada", "general", "@palyra slowly here");
      people.write("grace", "random", "@palyra slowly there");
      await inWork(link, 2);
      people.useCommand("ada", "general", "/stop");
      await answerIn("general", /^Stopped: the answer to “slowly here”\.$/);
      await inWork(link, 1);
      people.useCommand("ada", "general", "/stop");
      await answerIn("general", /^No answer is being written here\.$/);
      people.useCommand("grace", "random", "/stop");
      await answerIn("random", /^Stopped: the answer to “slowly there”\.$/);
    });

    it("of another person is not for one who is not answered", async () => {
      scene = await GatewayScene.open({ entry: slowGateway });
      const { people, lab } = scene.simulator;
      await scene.configure(`${open}deny_from = ["${lab.people.linus.id}"]\n`);
      const { link } = await scene.startConnected();
      people.write("ada", "general", "@palyra slowly for me");
      await inWork(link);
      people.write("linus", "general", "/palyra stop");
      people.write("ada", "general", "/palyra cancel");
      assert.deepEqual(await scene.waitForAnswers("general", 1), ["Stopped: the answer to “slowly for me”."]);
      await scene.waitUntilIdle(link, 3);
      const reasons = gatewayStatus(link).recent_messages.map(({ reason }) => reason);
      assert.deepEqual(reasons.filter(Boolean).sort(), ["sender_denied", "stopped_by_person"]);
    });

    it("holds over a kill: what was asked to stop is not begun again", async () => {
      scene = await GatewayScene.open({ entry: slowGateway });
      const { gateway, link } = await scene.startConnected();
      const { people } = scene.simulator;
      people.write("ada", "general", "@palyra slowly before the kill");
      await inWork(link);
      await gateway.kill();
      people.write("ada", "general", "/palyra stop");
      const { link: next } = await scene.start();
      await answerIn("general", /^Stopped: the answer to “slowly before the kill”\.$/);
      await scene.waitUntilIdle(next, 2);
      assert.equal(scene.answers("general").length, 1);
    });
  });
});
