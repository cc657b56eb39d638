import assert from "node:assert/strict";
import { overviewHeading } from "../../../src/views/overview-heading.ts";
import { initialViewState } from "../../../src/views/view-state.ts";
import { opened, snapshot, stopped } from "./sample-snapshot.ts";

describe("The heading of the overview", () => {
  const observer = { ...snapshot().quick_facts, role: "observer" as const };

  it("says that another window runs the services while it does, and not when they are stopped", () => {
    assert.match(overviewHeading(opened({ quick_facts: observer })).message, /Another window or terminal/);
    const services = [stopped(), stopped({ service: "browserd" })];
    assert.equal(overviewHeading(opened({ quick_facts: observer, services })).message, "");
    assert.equal(overviewHeading(opened()).message, "");
    assert.equal(overviewHeading(initialViewState).message, "");
  });

  it("names the profile when it is not the usual one", () => {
    const facts = { ...snapshot().quick_facts, profile: "work" };
    assert.equal(overviewHeading(opened({ quick_facts: facts })).description, "work");
    assert.equal(overviewHeading(opened()).description, "");
  });
});
