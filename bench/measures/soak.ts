import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { atMost, atMostTimes, type BenchResult } from "../result.ts";
import { type SoakSample, soakStore } from "../soak/store-soak.ts";

const minutes = 120;
const messagesPerSecond = 50;

/**
 * Two simulated hours of traffic through the store: rows and files stay bounded, memory is flat after the first
 * tenth. Takes minutes, so it runs only when it is asked for by name.
 */
export async function measure(): Promise<BenchResult[]> {
  if (!process.argv.includes("soak")) return [];
  const folder = await mkdtemp(path.join(os.tmpdir(), "palyra-soak-"));
  try {
    const report = await soakStore({ folder, minutes, messagesPerSecond, samples: 40 });
    const later = report.samples.slice(4);
    const first = report.samples[3];
    if (first === undefined) throw new Error("There are too few samples.");
    const most = (figure: (sample: SoakSample) => number): number => Math.max(...later.map(figure));
    const expected = minutes * 60 * messagesPerSecond;
    return [
      {
        name: `messages in ${minutes} simulated minutes`,
        value: report.messages,
        unit: "",
        target: `= ${expected}`,
        ok: report.messages === expected,
      },
      atMost("messages that got stuck", report.left, "", 0),
      {
        name: "real time per message",
        value: Number(((report.seconds * 1e6) / report.messages).toFixed(0)),
        unit: "us",
        ok: true,
      },
      atMostTimes(
        "most memory after the first tenth",
        Math.round(most(({ memoryBytes }) => memoryBytes) / 1e6),
        "MB",
        { name: "memory at the first tenth", value: first.memoryBytes / 1e6 },
        1.2,
      ),
      atMostTimes(
        "most rows in the second hour",
        Math.max(...report.samples.slice(20).map(({ rows }) => rows)),
        "rows",
        {
          name: "most rows in the first hour",
          value: Math.max(...report.samples.slice(0, 20).map(({ rows }) => rows)),
        },
        1.1,
      ),
      atMost("most bytes in files", Math.round(most(({ fileBytes }) => fileBytes) / 1e6), "MB", 150),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}
