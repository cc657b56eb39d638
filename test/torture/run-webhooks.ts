// Kills the gateway while webhooks are delivered to it, and tells whether every acknowledged delivery had its effect
// exactly once: node test/torture/run-webhooks.ts [deliveries] [kills] [seed]
import { seededRandom } from "./seeded-random.ts";
import { tortureWebhooks } from "./webhook-torture.ts";

const [deliveries = 10_000, kills = 25, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
process.stderr.write(`${deliveries} deliveries, ${kills} kills, seed ${seed} ...\n`);
const figures = await tortureWebhooks({ deliveries, kills, senders: 16, random: seededRandom(seed).next });
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exitCode = figures.lost.length + figures.doubled.length === 0 ? 0 : 1;
