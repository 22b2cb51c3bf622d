import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";

/** What a child process answers to its parent: a question's name, and what makes the answer. */
export type Answers = Readonly<Record<string, (details: never) => unknown>>;

/** Both sides of the talk between the runner and its processes. */
export type Question = { readonly id: number; readonly name: string; readonly details: unknown };
export type Answer = { readonly id: number; readonly value?: unknown; readonly error?: string };

// It ends with the runner, and not before: a terminal sends Ctrl+C to both, and what this process started has to be cleared away.
process.on("disconnect", () => process.exit(0));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});

/** The options that the runner gave this process. */
export function readOptions<Options>(): Options {
  return JSON.parse(process.argv[2] ?? "{}") as Options;
}

/** Answers the runner's questions until it says goodbye. */
export function answerQuestions(answers: Answers): void {
  const all: Answers = { ...usageAnswers(), ...profileAnswers(), ...answers };
  process.on("message", async ({ id, name, details }: Question) => {
    try {
      const answer = all[name];
      if (!answer) throw new Error(`Nobody here answers "${name}".`);
      reply({ id, value: await answer(details as never) });
    } catch (error) {
      reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  reply({ id: 0 });
}

function reply(answer: Answer): void {
  process.send?.(answer);
}

function usageAnswers(): Answers {
  return {
    cpuMicroseconds: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    residentMegabytes: () => process.memoryUsage.rss() / 2 ** 20,
    /** A round is over: what goes on beside the load may stop. */
    rest: () => undefined,
  };
}

const SAMPLING_MICROSECONDS = 200;

function profileAnswers(): Answers {
  const session = new Session();
  return {
    async startProfile() {
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_MICROSECONDS });
      await session.post("Profiler.start");
    },
    async stopProfile(file: string) {
      const { profile } = await session.post("Profiler.stop");
      session.disconnect();
      writeFileSync(file, JSON.stringify(profile));
    },
  };
}
