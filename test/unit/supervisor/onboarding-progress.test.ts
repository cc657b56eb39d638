import assert from "node:assert/strict";
import fc from "fast-check";
import {
  noMarks,
  type SetupMarks,
  type SetupStepId,
  setupProgress,
  setupSteps,
} from "../../../src/supervisor/onboarding-progress.ts";
import {
  browserd,
  connector,
  crashLoop,
  failed,
  gateway,
  service,
  snapshot,
  stopped,
} from "../views/sample-snapshot.ts";

const marks = (changes: Partial<SetupMarks> = {}): SetupMarks => ({ ...noMarks, ...changes });
const states = (...given: Parameters<typeof setupProgress>) =>
  Object.fromEntries(setupProgress(...given).steps.map(({ id, state }) => [id, state]));

describe("The progress of the set-up", () => {
  it("begins with the welcome on a machine where nothing was done yet", () => {
    const progress = setupProgress(snapshot({ services: [stopped()] }), noMarks);
    assert.equal(progress.current, "welcome");
    assert.equal(progress.finished, 1);
    assert.equal(progress.steps.find(({ id }) => id === "environment")?.state, "done");
  });

  it("is complete when bot, model and browser work, also when the user never saw a step", () => {
    const facts = snapshot({
      services: [service(), service({ service: "browserd" })],
      gateway: gateway([connector()]),
      browserd: browserd("/usr/bin/chromium"),
    });
    assert.deepEqual(setupProgress(facts, noMarks).current, null);
    assert.equal(setupProgress(facts, noMarks).finished, setupSteps.length);
  });

  it("tells a failed step with what happened, and does not count it", () => {
    const { steps, current } = setupProgress(
      snapshot({ services: [failed()] }),
      marks({ confirmed: ["welcome", "stateRoot"] }),
    );
    const step = steps.find(({ id }) => id === "gateway");
    assert.deepEqual([step?.state, step?.problem], ["failed", crashLoop]);
    assert.equal(current, "gateway");
  });

  it("puts what is wrong with the machine to the check of the machine", () => {
    const problem = { code: "port_in_use", message: "Port 7142 is taken.", next_step: "Free it." } as const;
    const facts = snapshot({ services: [failed({ problem })] });
    assert.equal(states(facts, noMarks).environment, "failed");
    const closed = { code: "storage_failed", message: "The disk is full.", next_step: "Free it." } as const;
    assert.equal(states(null, noMarks, closed).environment, "failed");
  });

  it("takes a bot that lost its token for not connected, however well it worked before", () => {
    const last_error = { code: "discord_auth_failed", message: "Refused.", next_step: "Store it." } as const;
    const broken = connector({ readiness: "auth_failed", liveness: "failed", last_error });
    const facts = snapshot({ services: [service()], gateway: gateway([broken]) });
    const step = setupProgress(facts, noMarks).steps.find(({ id }) => id === "discord");
    assert.deepEqual([step?.state, step?.problem], ["failed", last_error]);
  });

  it("passes over a skipped step and comes back to it only when it is done", () => {
    const facts = snapshot({ services: [service()], gateway: gateway([]) });
    const agreed: SetupStepId[] = ["welcome", "stateRoot", "model"];
    const before = setupProgress(facts, marks({ confirmed: agreed }));
    assert.equal(before.current, "discord");
    const after = setupProgress(facts, marks({ confirmed: agreed, skipped: ["discord"] }));
    assert.equal(after.current, "browser");
    assert.equal(after.finished, before.finished + 1);
  });

  it("has exactly one current or failed place to go on, unless nothing is left, whatever was marked", () => {
    const some = fc.uniqueArray(fc.constantFrom(...setupSteps));
    fc.assert(
      fc.property(some, some, fc.boolean(), (confirmed, skipped, isUp) => {
        const facts = snapshot({
          services: [isUp ? service() : stopped()],
          ...(isUp ? { gateway: gateway([connector()]) } : {}),
        });
        const { steps, current, finished } = setupProgress(facts, { confirmed, skipped });
        const open = steps.filter(({ state }) => state !== "done" && state !== "skipped");
        assert.equal(current, open[0]?.id ?? null);
        assert.equal(finished, steps.length - open.length);
        assert.ok(steps.filter(({ state }) => state === "current").length <= 1);
      }),
    );
  });
});
