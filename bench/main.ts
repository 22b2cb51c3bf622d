import { rmSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { meantName } from "../src/config/misspelling.ts";
import type { BenchSettings } from "./comparison.ts";
import { CHECKOUT, PLACEMENT } from "./processes.ts";
import { format, type Scenario } from "./report.ts";
import { accountPage } from "./scenarios/account-page.ts";
import { bytesPerGrant } from "./scenarios/bytes-per-grant.ts";
import { cachedTokens } from "./scenarios/cached-tokens.ts";
import { firstVerification } from "./scenarios/first-verification.ts";
import { guard } from "./scenarios/guard.ts";
import { janitor } from "./scenarios/janitor.ts";
import { memory } from "./scenarios/memory.ts";
import { millionGrants } from "./scenarios/million-grants.ts";
import { millionPeople } from "./scenarios/million-people.ts";
import { postgresRefresh } from "./scenarios/postgres-refresh.ts";
import { proofs } from "./scenarios/proofs.ts";
import { publicTools } from "./scenarios/public-tools.ts";
import { refresh } from "./scenarios/refresh.ts";
import { registration } from "./scenarios/registration.ts";
import { sdk } from "./scenarios/sdk.ts";
import { sharedCommit } from "./scenarios/shared-commit.ts";
import { signIn } from "./scenarios/sign-in.ts";
import { soak } from "./scenarios/soak.ts";
import { start } from "./scenarios/start.ts";
import { tenMillionGrants } from "./scenarios/ten-million-grants.ts";
import { tokenManager } from "./scenarios/token-manager.ts";
import { twoInstances } from "./scenarios/two-instances.ts";
import { upstreamToken } from "./scenarios/upstream-token.ts";

const SCENARIOS: readonly Scenario<BenchSettings>[] = [
  refresh,
  guard,
  publicTools,
  firstVerification,
  registration,
  signIn,
  accountPage,
  sdk,
  start,
  memory,
  millionGrants,
  sharedCommit,
  postgresRefresh,
  twoInstances,
  janitor,
  tenMillionGrants,
  millionPeople,
  soak,
  bytesPerGrant,
  cachedTokens,
  tokenManager,
  upstreamToken,
  ...proofs,
];

const SECONDS = 2;
const ROUNDS = 9;
const USAGE = `npm run bench -- [<scenario> …] [--seconds ${SECONDS}] [--rounds ${ROUNDS}] [--profile]

Compares with others in one run, in turn, and prints ratios. Without a name: all that take no more than a minute or two, in
some ten minutes.
  --seconds   how long a contestant is loaded in each round
  --rounds    how many rounds; the median counts
  --profile   also says where each contestant spends its time, by module

${SCENARIOS.map(({ name, title, onRequest }) => `  ${name.padEnd(20)}${title}${onRequest ? ` (${onRequest})` : ""}`).join("\n")}`;

const { values, positionals } = readArguments();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const settings = {
  seconds: positive("seconds", values.seconds),
  rounds: whole("rounds", values.rounds),
  profile: values.profile,
};
const unknown = positionals.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  const names = SCENARIOS.map(({ name }) => name);
  const guesses = unknown.flatMap((name) => meantName(name, names) ?? []);
  const advice =
    guesses.length > 0 ? `Did you mean ${guesses.join(", ")}?` : `Choose from: ${names.join(", ")}.`;
  refuse(`There is no ${unknown.join(", ")}. ${advice}`);
}

// By Ctrl+C too: some databases here are large.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

// Inside of the checkout, and not among the system's temporary files: those may be in memory.
const scratch = join(CHECKOUT, ".scratch");
await mkdir(scratch, { recursive: true });

const [processor] = cpus();
const model = processor?.model.trim() || "an unnamed processor";
console.log(
  `Node ${process.version}, ${cpus().length} cores of ${model}, ${Math.round(totalmem() / 2 ** 30)} GB;`,
);
console.log(`${PLACEMENT}.`);
if (settings.rounds < ROUNDS / 3 || settings.seconds < SECONDS / 2) {
  console.log(
    `Fewer than ${ROUNDS / 3} rounds, or less than ${SECONDS / 2} second each: the figures below are mostly chance.`,
  );
}

for (const { name, title, onRequest, run } of SCENARIOS) {
  if (positionals.length > 0 ? !positionals.includes(name) : onRequest) continue;
  const directory = await mkdtemp(join(scratch, `bench-${name}-`));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    const report = await run({ ...settings, directory });
    console.log(`\n${format(`${name}: ${title}`, report)}`);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

function readArguments() {
  const options = {
    seconds: { type: "string", default: String(SECONDS) },
    rounds: { type: "string", default: String(ROUNDS) },
    profile: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  } as const;
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    // The first sentence: the others are about parseArgs.
    const [said = ""] = (error as Error).message.split(/\.? To |\n/);
    const [, unknown] = /^Unknown option '--([^']+)'/.exec(said) ?? [];
    const meant = unknown && meantName(unknown, Object.keys(options));
    return refuse(`${said.replace(/\.?$/, ".")}${meant ? ` Did you mean --${meant}?` : ""}`);
  }
}

function positive(name: string, text: string): number {
  const number = Number(text);
  return number > 0 && Number.isFinite(number)
    ? number
    : refuse(`--${name} is ${text}; give a number above 0.`);
}

function whole(name: string, text: string): number {
  const number = positive(name, text);
  return Number.isInteger(number) ? number : refuse(`--${name} is ${text}; give a whole number.`);
}

function refuse(sentence: string): never {
  console.error(`${sentence} See: npm run bench -- --help`);
  process.exit(1);
}
