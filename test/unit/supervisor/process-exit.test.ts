import assert from "node:assert/strict";
import { crashProblem, describeExit, readLastWords } from "../../../src/supervisor/process-exit.ts";

const exit = { code: 1, signal: null, fatal: null, stderr: [] };

describe("The end of a process", () => {
  it("is described by its code, its signal or its own report", () => {
    const fatal = { code: "port_in_use", message: "Port 1 is taken.", next_step: "Free it." } as const;
    assert.equal(describeExit("palyrad", exit), "palyrad exited with code 1.");
    assert.equal(
      describeExit("palyrad", { ...exit, code: null, signal: "SIGKILL" }),
      "palyrad was ended by SIGKILL.",
    );
    assert.equal(describeExit("palyrad", { ...exit, code: null }), "palyrad ended.");
    assert.equal(describeExit("palyrad", { ...exit, fatal }), "Port 1 is taken.");
    assert.deepEqual(crashProblem("x", { ...exit, fatal }), fatal);
  });

  it("finds the fatal report among the last lines of standard error", () => {
    const report = { palyra_fatal: { code: "config_invalid", message: "bad", next_step: "mend" } };
    const read = readLastWords(`half a li\nwarning: x\r\n\n${JSON.stringify(report)}\n`);
    assert.deepEqual(read, { fatal: report.palyra_fatal, stderr: ["half a li", "warning: x"] });
  });

  it("takes a cut or foreign report for an ordinary line", () => {
    const cut = '{"palyra_fatal":{"code":"conf';
    const foreign = '{"palyra_fatal":{"code":"no such code","message":"","next_step":""}}';
    assert.deepEqual(readLastWords(`${cut}\n${foreign}`), { fatal: null, stderr: [cut, foreign] });
  });

  it("says whether anybody has to do something", () => {
    assert.match(crashProblem("It ended.", exit).next_step, /started again by itself/);
    assert.match(crashProblem("It ended.", { ...exit, code: 78 }).next_step, /mend the cause/);
  });

  it("repeats the last lines of standard error in the problem", () => {
    const { message } = crashProblem("It ended.", { ...exit, stderr: ["a", "b", "c", "d"] });
    assert.equal(message, "It ended. Last output: b · c · d");
  });
});
