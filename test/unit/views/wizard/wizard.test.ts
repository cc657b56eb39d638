import assert from "node:assert/strict";
import {
  back,
  cancel,
  next,
  placeOf,
  runWizard,
  type StepOutcome,
  type WizardPlace,
  type WizardStep,
} from "../../../../src/views/wizard/wizard.ts";

interface Draft {
  readonly server: boolean;
  readonly said: readonly string[];
}

const begin: Draft = { server: true, said: [] };

/** Steps that give the outcomes in turn, and what was asked. */
function scripted(outcomes: readonly ("next" | "back" | "cancel" | "noServer")[]) {
  const asked: string[] = [];
  const places: WizardPlace[] = [];
  let at = 0;
  const step = (id: string, changes: Partial<WizardStep<Draft>> = {}): WizardStep<Draft> => ({
    id,
    title: id,
    applies: () => true,
    ask: async (draft, place): Promise<StepOutcome<Draft>> => {
      asked.push(id);
      places.push(place);
      const outcome = outcomes[at] ?? "cancel";
      at += 1;
      if (outcome === "back") return back;
      if (outcome === "cancel") return cancel;
      return next({ server: outcome !== "noServer" && draft.server, said: [...draft.said, id] });
    },
    ...changes,
  });
  const steps = [
    step("account"),
    step("server"),
    step("channel", { applies: ({ server }) => server }),
    step("review"),
    step("verify", { isFinal: true }),
  ];
  return { steps, asked, places };
}

describe("A dialogue of several steps", () => {
  it("asks each step once and ends with all answers", async () => {
    const { steps, places } = scripted(["next", "next", "next", "next", "next"]);
    const draft = await runWizard(steps, begin);
    assert.deepEqual(draft?.said, ["account", "server", "channel", "review", "verify"]);
    assert.deepEqual(
      places.map(({ step, total }) => `${step}/${total}`),
      ["1/5", "2/5", "3/5", "4/5", "5/5"],
    );
  });

  it("leaves out what does not apply, forwards and backwards, and does not count it", async () => {
    const { steps, asked, places } = scripted(["next", "noServer", "back", "noServer", "next", "next"]);
    await runWizard(steps, begin);
    assert.deepEqual(asked, ["account", "server", "review", "server", "review", "verify"]);
    assert.deepEqual([places[2]?.step, places[2]?.total], [3, 4]);
  });

  it("goes back to the step before, with the arrow only where there is one", async () => {
    const { steps, asked, places } = scripted(["next", "back", "next", "next", "next", "next", "next"]);
    await runWizard(steps, begin);
    assert.deepEqual(asked.slice(0, 3), ["account", "server", "account"]);
    assert.deepEqual(
      places.map(({ canGoBack }) => canGoBack),
      [false, true, false, true, true, true, false],
    );
  });

  it("ends without a result at whichever step it is left", async () => {
    for (let left = 0; left < 5; left += 1) {
      const { steps, asked } = scripted([...Array(left).fill("next"), "cancel"]);
      assert.equal(await runWizard(steps, begin), null);
      assert.equal(asked.length, left + 1);
    }
  });

  it("does not go back behind what cannot be taken back", () => {
    const { steps } = scripted([]);
    assert.equal(placeOf(steps, 4, begin).canGoBack, false);
  });
});
