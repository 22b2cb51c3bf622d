import { parseArgs } from "node:util";
import { reported } from "./report.ts";
import { runChaos } from "./run.ts";

// npm run chaos -- --seconds 600 --seed 42

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string" } },
});
const seed = wholeNumber("--seed", values.seed ?? String(Math.floor(Math.random() * 2 ** 32)));
const seconds = wholeNumber("--seconds", values.seconds);
process.stdout.write(`CHAOS_SEED=${seed} CHAOS_SECONDS=${seconds}\n`);
const report = await runChaos({ seed, seconds });
process.stdout.write(`${reported(report, { seed, seconds })}\n`);
process.exitCode = report.violations.length === 0 ? 0 : 1;

function wholeNumber(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${flag} is ${JSON.stringify(text)}; it must be a whole number.`);
  return Number(text);
}
