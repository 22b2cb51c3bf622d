import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { ServiceDouble } from "../support/service-double.ts";
import type { Operation, Outcome } from "./history.ts";
import type { Random } from "./random.ts";

/** What the devices live in: several instances of one server, whatever happens to them, and one who watches. */
export type World = {
  readonly instances: number;
  /** Sends a request to an instance. Rejects where it does not answer. */
  fetch(instance: number, request: Request): Promise<Response>;
  record(operation: Operation): void;
  /** The other service, where people are. */
  readonly service: Pick<ServiceDouble, "url" | "give" | "givenTo">;
  /** Milliseconds since the start, on the watcher's clock. */
  now(): number;
  /** Nothing goes wrong any more: time to finish what was begun, and to have a last look. */
  isCalm(): boolean;
  /** All has been calm for long: what is not answered by now never will be. */
  isOver(): boolean;
};

/** What came of one request. `body` where it was answered and the answer is JSON. */
export type Answer = {
  readonly instance: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
};

/** Everything is answered in under two seconds; a busy machine needs some more. None in so long is none at all. */
const NO_ANSWER_MS = 15_000;

/** What people are told on a page, and what that is for the history. */
const REFUSALS_ON_PAGES: readonly {
  readonly status: number;
  readonly says: string;
  readonly error: string;
}[] = [
  { status: 400, says: "The operator of this server disabled this app.", error: "unauthorized_client" },
  { status: 403, says: "This account can’t be used here", error: "access_denied" },
  { status: 403, says: "approve apps. Contact the server", error: "access_denied" },
  { status: 403, says: "is no longer signed in for this request.", error: "login_required" },
];

/**
 * Sends a request to an instance, and says what came of it. Never rejects.
 * @param patienceMs how long the client waits for the answer, which it has lost then.
 */
export async function send(
  world: World,
  instance: number,
  request: Request,
  patienceMs?: number,
): Promise<Answer> {
  const startedAt = world.now();
  const done = (outcome: Outcome, headers = new Headers(), body: Answer["body"] = {}): Answer => ({
    instance,
    startedAt,
    endedAt: world.now(),
    outcome,
    headers,
    body,
  });
  const signal = AbortSignal.timeout(patienceMs ?? NO_ANSWER_MS);
  try {
    const response = await world.fetch(instance, new Request(request, { signal }));
    const text = await response.text();
    const body = jsonOf(text);
    return done(outcomeOf(response, text, body), response.headers, body);
  } catch {
    const gaveUp = patienceMs === undefined && signal.aborted;
    return done(gaveUp ? { kind: "wrong", what: "no answer at all" } : { kind: "unanswered" });
  }
}

/** Asks again, whatever instance it meets, until somebody answers or all is over. */
export async function untilAnswered<T extends { readonly outcome: Outcome }>(
  random: Random,
  world: World,
  once: (instance: number) => Promise<T>,
): Promise<T> {
  for (;;) {
    const answer = await once(anyInstance(random, world));
    const isAnswered = answer.outcome.kind !== "unavailable" && answer.outcome.kind !== "unanswered";
    if (isAnswered || world.isOver()) return answer;
    await setTimeout(random.between(20, 300));
  }
}

export function anyInstance(random: Random, { instances }: World): number {
  return random.between(0, instances - 1);
}

/** What stands in the history for a token, a code, a cookie or an id. */
export function hashed(secret: string): string {
  return hashedAlready(createHash("sha256").update(secret).digest("base64url"));
}

/** The same for what the database keeps as its hash. */
export function hashedAlready(hash: string): string {
  return hash.slice(0, 12);
}

function outcomeOf(response: Response, text: string, body: Answer["body"]): Outcome {
  const { status, headers } = response;
  if (status === 503 || status === 429) {
    return headers.has("retry-after")
      ? { kind: "unavailable" }
      : { kind: "wrong", what: `${status} without Retry-After: ${text}` };
  }
  if (response.ok || status === 303) return { kind: "honoured" };
  if ((status === 400 || status === 401) && typeof body.error === "string") {
    return { kind: "refused", error: body.error };
  }
  const onPage = REFUSALS_ON_PAGES.find(
    (refusal) => refusal.status === status && text.includes(refusal.says),
  );
  if (onPage) return { kind: "refused", error: onPage.error };
  return { kind: "wrong", what: `${status} ${readable(text).slice(0, 500)}` };
}

/** A page without its styles and tags. */
function readable(text: string): string {
  return text
    .replace(/<style>.*?<\/style>|<[^>]*>/gs, " ")
    .replace(/\s+/g, " ")
    .trim();
}

/** What an answer says, as JSON or as the one event of a stream. */
function jsonOf(text: string): Answer["body"] {
  try {
    const body: unknown = JSON.parse(/^data: (.+)$/m.exec(text)?.[1] ?? text);
    return typeof body === "object" && body !== null ? (body as Answer["body"]) : {};
  } catch {
    return {};
  }
}
