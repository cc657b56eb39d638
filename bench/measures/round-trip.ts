import { atMost, type BenchResult, percentile } from "../result.ts";
import { startSystem } from "../running-system.ts";

const messages = 200;

/** A person writes, the simulated channel shows the reply: everything between is the real gateway. */
export async function measure(): Promise<BenchResult[]> {
  // Discord allows five messages in five seconds to a channel; what is measured is the way, not the limit.
  const system = await startSystem({ rateLimits: "off" });
  const times: number[] = [];
  try {
    const { lab, people, world } = system.simulator;
    for (let number = 0; number < messages; number += 1) {
      const replied = new Promise<void>((resolve) => {
        const end = world.onEvent((event) => {
          if (event.type !== "messageCreated" || event.message.authorId !== lab.bot.userId) return;
          end();
          resolve();
        });
      });
      const written = performance.now();
      people.write("ada", "random", `@palyra message ${number}`);
      await replied;
      times.push(performance.now() - written);
    }
    return [
      {
        name: "message to visible reply, median",
        value: Number(percentile(times, 0.5).toFixed(1)),
        unit: "ms",
        ok: true,
      },
      atMost("message to visible reply, p95", Number(percentile(times, 0.95).toFixed(1)), "ms", 250),
    ];
  } finally {
    await system.stop();
  }
}
