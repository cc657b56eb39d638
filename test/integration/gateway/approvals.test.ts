import assert from "node:assert/strict";
import path from "node:path";
import { PendingApprovals } from "../../../src/contracts/approvals.ts";
import { ErrorEnvelope } from "../../../src/contracts/errors.ts";
import { ApprovalResponse, ApprovalsResponse } from "../../../src/contracts/http-approvals.ts";
import { ApprovalRequired, LogsResponse, MutationDone } from "../../../src/contracts/http-channels.ts";
import { SessionResponse } from "../../../src/contracts/http-console.ts";
import { statePaths } from "../../../src/platform/state-paths.ts";
import { writeRunRecord } from "../../../src/supervisor/run-record.ts";
import { CommandRun } from "../../support/cli/run-command.ts";
import { GatewayScene, gatewayStatus } from "../../support/sidecar/gateway-scene.ts";
import type { ControlLink, SidecarProcess } from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const command = path.resolve(import.meta.dirname, "../../../src/cli/main.ts");
const messages = "/admin/v1/channels/discord%3Adefault/messages";

describe("A message that is to be deleted", () => {
  let scene: GatewayScene;
  let gateway: SidecarProcess;
  let link: ControlLink;

  const start = async (): Promise<void> => {
    ({ gateway, link } = await scene.startConnected());
    await writeRunRecord(statePaths(scene.root), {
      service: "gateway",
      instance_id: scene.boot.instance_id,
      endpoint: scene.boot.endpoint,
      version: link.welcome.version,
      pid: gateway.pid,
      process_start: null,
      spawned_at_unix_ms: Date.now(),
    });
  };
  beforeEach(async () => {
    scene = await GatewayScene.open();
    await start();
  });
  afterEach(() => scene.close());

  const send = (method: string, target: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${link.port()}${target}`, {
      method,
      headers: {
        authorization: `Bearer ${scene.boot.tokens[0] ?? ""}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  /** A message of the bot in #general, and the request that deletes it. */
  const victim = async (text = "delete me"): Promise<{ id: string; request: object }> => {
    const before = scene.answers("general").length;
    scene.simulator.people.write("ada", "general", `@palyra ${text}`);
    await scene.waitForAnswers("general", before + 1);
    const general = scene.simulator.people.findChannel("general");
    const id = general.messages.at(-1)?.id ?? "";
    return {
      id,
      request: {
        locator: { conversation_id: `discord:channel:${general.id}`, message_id: id },
        reason: null,
      },
    };
  };
  const exists = (id: string): boolean =>
    scene.simulator.people.findChannel("general").messages.some((message) => message.id === id);
  const askToDelete = async (request: object, approvalId?: string): Promise<ApprovalRequired["approval"]> => {
    const body = approvalId === undefined ? request : { ...request, approval_id: approvalId };
    const response = await send("POST", `${messages}/delete`, body);
    assert.equal(response.status, 202);
    return ApprovalRequired.parse(await response.json()).approval;
  };
  const refusal = async (response: Response): Promise<[number, string]> => [
    response.status,
    ErrorEnvelope.parse(await response.json()).error,
  ];
  const palyra = async (...args: string[]): Promise<CommandRun & { code: number | null }> => {
    const run = new CommandRun(command, ["--state-root", scene.root, ...args], process.env);
    return Object.assign(run, { code: await run.ended() });
  };
  const shown = async (id: string): Promise<ApprovalResponse["approval"]> => {
    const response = await send("GET", `/admin/v1/approvals/${id}`);
    return ApprovalResponse.parse(await response.json()).approval;
  };
  const pendingOf = (status: ControlLink): PendingApprovals | undefined => gatewayStatus(status).approvals;
  const signIn = async (principal: string): Promise<Record<string, string>> => {
    const body = { admin_token: scene.boot.tokens[0], principal };
    const response = await send("POST", "/console/v1/auth/login", body);
    const cookie = (response.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
    const { csrf_token } = SessionResponse.parse(await response.json());
    return { cookie, "x-palyra-csrf-token": csrf_token, authorization: "" };
  };

  it("waits until the owner allows it in the terminal, and is deleted once", async () => {
    const { id, request } = await victim();
    const approval = await askToDelete(request);
    assert.deepEqual([approval.state, exists(id)], ["pending", true]);
    await waitUntil("the pushed status", () => pendingOf(link)?.count === 1);
    const [waiting] = pendingOf(link)?.first ?? [];
    assert.match(
      waiting?.sentence ?? "",
      /^Delete the bot's own message “delete me” in .*general.*discord:default/,
    );
    const again = await askToDelete(request, approval.approval_id);
    assert.equal(again.approval_id, approval.approval_id, "asking again waits for the same decision");
    assert.equal((await askToDelete(request)).approval_id, approval.approval_id);
    assert.ok(exists(id));

    const listed = await palyra("approvals");
    assert.match(listed.stdout, /1 action waits for your decision/);
    assert.ok(listed.stdout.includes(approval.approval_id) && listed.stdout.includes("delete me"));
    const data = PendingApprovals.parse(JSON.parse((await palyra("approvals", "--json")).stdout));
    assert.equal(data.first[0]?.approval_id, approval.approval_id);
    const allowed = await palyra("approvals", "allow", approval.approval_id, "--reason", "it is mine");
    assert.deepEqual([allowed.code, allowed.stderr], [0, ""]);
    assert.match(allowed.stdout, /^Allowed once: Delete the bot's own message/);
    await waitUntil("nothing waits", () => pendingOf(link)?.count === 0);
    assert.ok(exists(id), "an approval alone does nothing");

    const other = { ...request, reason: "another reason" };
    const stranger = await send("POST", `${messages}/delete`, {
      ...other,
      approval_id: approval.approval_id,
    });
    assert.deepEqual(await refusal(stranger), [403, "The approval was given for another request."]);
    const uses = await Promise.all(
      [1, 2, 3].map(() =>
        send("POST", `${messages}/delete`, { ...request, approval_id: approval.approval_id }),
      ),
    );
    const done = uses.filter(({ status }) => status === 200);
    assert.equal(done.length, 1);
    assert.equal(MutationDone.parse(await done[0]?.json()).result.status, "deleted");
    assert.equal(exists(id), false);
    const record = await shown(approval.approval_id);
    assert.deepEqual(
      [record.state, record.decision, record.decided_by, record.decided_via, record.decision_reason],
      ["used", "allow", "owner", "terminal", "it is mine"],
    );
    const logs = await send("GET", "/admin/v1/channels/discord%3Adefault/logs?limit=50");
    const types = LogsResponse.parse(await logs.json()).events.map(({ event_type }) => event_type);
    const steps = types.filter((type) => type.startsWith("approval.")).reverse();
    assert.deepEqual(steps, ["approval.requested", "approval.allowed", "approval.used"]);
  });

  it("is shown to who asked without the secrets that stand in it", async () => {
    const [token = ""] = scene.boot.tokens;
    const { id, request } = await victim(`look at ${token} and at password=hunter2hunter2`);
    const response = await send("POST", `${messages}/delete`, request);
    assert.equal(response.status, 202);
    const text = await response.text();
    const { preview } = ApprovalRequired.parse(JSON.parse(text));
    assert.deepEqual(
      [preview.locator.message_id, preview.body],
      [id, "look at <redacted> and at password=<redacted>"],
    );
    assert.ok(!text.includes(token) && !text.includes("hunter2hunter2"));
  });

  it("stays when the owner denies it, and who asked is told why", async () => {
    const { id, request } = await victim();
    const approval = await askToDelete(request);
    const denied = await palyra("approvals", "deny", approval.approval_id, "--reason", "keep it", "--json");
    assert.equal(denied.code, 0);
    assert.equal(JSON.parse(denied.stdout).verdict, "deny");
    const refused = await send("POST", `${messages}/delete`, {
      ...request,
      approval_id: approval.approval_id,
    });
    assert.deepEqual(await refusal(refused), [403, "The owner denied this: keep it"]);
    assert.ok(exists(id));
    const late = await palyra("approvals", "allow", approval.approval_id);
    assert.equal(late.code, 75);
    assert.match(late.stderr, /was denied/);
    const unknown = await palyra("approvals", "allow", "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    assert.deepEqual([unknown.code, /no approval 01ARZ3/.test(unknown.stderr)], [66, true]);
  });

  it("still waits after the gateway was killed, and what was allowed can still be done", async () => {
    const first = await victim();
    const second = await victim();
    const waiting = await askToDelete(first.request);
    const allowed = await askToDelete(second.request);
    assert.equal((await palyra("approvals", "allow", allowed.approval_id)).code, 0);
    await gateway.kill();
    await start();
    const pending = await waitUntil("the pending approval", () => pendingOf(link) ?? null);
    assert.deepEqual(
      pending.first.map(({ approval_id }) => approval_id),
      [waiting.approval_id],
    );
    assert.equal((await askToDelete(first.request, waiting.approval_id)).state, "pending");
    const body = { ...second.request, approval_id: allowed.approval_id };
    assert.equal((await send("POST", `${messages}/delete`, body)).status, 200);
    assert.equal((await send("POST", `${messages}/delete`, body)).status, 404, "it is gone");
    assert.deepEqual([exists(first.id), exists(second.id)], [true, false]);
  });

  it("is never decided by who asked, and over HTTP only by an administrator with another name in the console", async () => {
    const { request } = await victim();
    const { approval_id: id } = await askToDelete(request);
    const decide = (surface: string, headers: Record<string, string> = {}) =>
      send("POST", `${surface}/approvals/${id}/decision`, { approved: true }, headers);
    assert.equal((await decide("/admin/v1")).status, 403);
    assert.equal((await decide("/admin/v1", { "x-palyra-principal": "admin:other" })).status, 403);
    assert.equal((await decide("/admin/v1", { "x-palyra-principal": "user:bob" })).status, 403);
    assert.equal((await decide("/console/v1", { authorization: "" })).status, 401);
    assert.equal((await decide("/console/v1", await signIn("admin:local"))).status, 403);
    const owner = await signIn("admin:owner");
    const { "x-palyra-csrf-token": _, ...withoutToken } = owner;
    assert.equal((await decide("/console/v1", withoutToken)).status, 403);
    assert.equal((await shown(id)).state, "pending");
    const decided = await decide("/console/v1", owner);
    assert.equal(decided.status, 200);
    const { approval } = ApprovalResponse.parse(await decided.json());
    assert.deepEqual(
      [approval.state, approval.decided_by, approval.decided_via],
      ["allowed", "admin:owner", "console"],
    );
    const hidden = await send("GET", "/admin/v1/approvals", undefined, { "x-palyra-principal": "user:bob" });
    assert.equal(hidden.status, 403);
  });

  it("is found in the list by page and by state", async () => {
    const asked: string[] = [];
    for (let n = 0; n < 3; n += 1) asked.unshift((await askToDelete((await victim()).request)).approval_id);
    await palyra("approvals", "deny", asked[0] ?? "");
    const list = async (query: string): Promise<ApprovalsResponse> =>
      ApprovalsResponse.parse(await (await send("GET", `/admin/v1/approvals?${query}`)).json());
    const first = await list("limit=2");
    assert.deepEqual(
      [first.approvals.map((one) => one.approval_id), first.next_after_approval_id, first.pending_count],
      [asked.slice(0, 2), asked[1], 2],
    );
    const rest = await list(`limit=2&after_approval_id=${asked[1]}`);
    assert.deepEqual(
      [rest.approvals.map((one) => one.approval_id), rest.next_after_approval_id],
      [asked.slice(2), null],
    );
    const denied = await list("state=denied");
    assert.deepEqual(
      denied.approvals.map((one) => one.decision),
      ["deny"],
    );
    assert.equal((await send("GET", "/admin/v1/approvals?state=maybe")).status, 400);
    assert.equal(
      (await send("GET", "/console/v1/approvals/nobody", undefined, await signIn("admin:a"))).status,
      404,
    );
  });
});
