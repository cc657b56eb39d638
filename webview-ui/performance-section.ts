import { html, nothing, type TemplateResult } from "lit";
import { spanWords } from "../src/contracts/failure-rate-words.ts";
import type { ControlCenterSnapshot, FailureRate, Latency } from "../src/contracts/snapshot.ts";
import { row } from "./row.ts";

/** How well the gateway does its work; what is not known is said to be so. */
export function howItGoes({ observability }: ControlCenterSnapshot): TemplateResult | typeof nothing {
  if (observability === null) return nothing;
  const { answer_latency, delivery_latency, answers, deliveries, queue, crashes_last_hour } = observability;
  return html`
    <section aria-labelledby="performance-title">
      <h2 id="performance-title">How it goes</h2>
      <dl class="rows columns">
        ${row("Time to answer", answers === null ? notKnown : latencyWords(answer_latency))}
        ${row("Answers failed", rateWords(answers, "message", "messages"))}
        ${row("Time to deliver", deliveries === null ? notKnown : latencyWords(delivery_latency))}
        ${row("Sending failed", rateWords(deliveries, "attempt", "attempts"))}
        ${row("Waiting", queue === null ? notKnown : `${queue.waiting_in.toLocaleString()} to be answered, ${queue.waiting_out.toLocaleString()} to be sent`)}
        ${row("Crashes", crashes_last_hour === 0 ? "none in the last hour" : `${crashes_last_hour} in the last hour`)}
      </dl>
    </section>
  `;
}

const notKnown = "not known";

/** `0.4 s on average, 2 s at most`; nothing was measured yet without a sample. */
function latencyWords(latency: Latency | null): string {
  if (latency === null) return "nothing measured yet";
  return `${timeWords(latency.average_ms)} on average, ${timeWords(latency.max_ms)} at most`;
}

/** `2.5 % of 80 attempts`. */
function rateWords(rate: FailureRate | null, one: string, many: string): string {
  if (rate === null) return notKnown;
  const { attempts, failures, failure_rate_bps } = rate;
  const when = spanWords(rate);
  if (failure_rate_bps === null) return `no ${many} ${when}`;
  const of = `of ${attempts.toLocaleString()} ${attempts === 1 ? one : many} ${when}`;
  if (failures === 0) return `none ${of}`;
  const percent = failure_rate_bps / 100;
  return `${percent < 0.1 ? "less than 0.1" : percent.toFixed(1)} % ${of}`;
}

function timeWords(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
