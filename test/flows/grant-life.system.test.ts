import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { authorize, callTool, postForm, register, type Tokens } from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { startServer, type TestServer } from "../support/server.ts";

// Any sequence of what clients, thieves, networks and operators do to one grant, over HTTP, beside a model of what should
// come of it, and beside a bystander whose grant nothing of it may touch.

const DAY = 86_400;
const CODE_SECONDS = 300;
const GRACE_SECONDS = 300;
const ACCESS_SECONDS = 1800;
const REFRESH_SECONDS = 30 * DAY;

type Step =
  | { readonly kind: "redeem"; readonly times: number; readonly lost: boolean }
  /** `back`: how many generations older than the newest that the client has. `times`: at once. */
  | { readonly kind: "refresh"; readonly back: number; readonly times: number; readonly lost: boolean }
  /** `back`: how many generations older than the newest that the client has. */
  | { readonly kind: "use"; readonly back: number; readonly by: "call" | "introspection" }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "revoke"; readonly which: "access_token" | "refresh_token" }
  | { readonly kind: "restart" }
  /** What was seen of the latest generation, and was not written yet, is lost. */
  | { readonly kind: "crash" };

const times = fc.constantFrom(1, 1, 1, 2, 5);
const lost = fc.constantFrom(false, false, true);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("redeem" as const), times, lost }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("refresh" as const),
      back: fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3),
      times,
      lost,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      seconds: fc.constantFrom(1, 60, 300, 301, ACCESS_SECONDS, DAY, 29 * DAY),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("use" as const),
      back: fc.constantFrom(0, 0, 1),
      by: fc.constantFrom("call" as const, "introspection" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("revoke" as const),
      which: fc.constantFrom("access_token" as const, "refresh_token" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("restart" as const, "crash" as const) }),
  },
);

const REDEEM: Step = { kind: "redeem", times: 1, lost: false };
const anySteps = fc.array(step, { minLength: 1, maxLength: 11 });
/** Most lives begin well: what comes later is more interesting. */
const life: fc.Arbitrary<readonly Step[]> = fc.oneof(
  { weight: 4, arbitrary: anySteps.map((steps) => [REDEEM, ...steps]) },
  { weight: 1, arbitrary: anySteps },
);

/** What should be so. Times are seconds of the server's clock. */
type Model = {
  readonly codeEndsAt: number;
  /** 0 until the code is redeemed. */
  generation: number;
  rotatedAt: number;
  refreshEndsAt: number;
  /** Whether an access token of the generation was accepted anywhere. */
  isUsed: boolean;
  isOver: boolean;
};

/** What comes of redeeming the code: the generation to get, or undefined for a refusal. */
function redeemed(model: Model, now: number): number | undefined {
  if (model.isOver) return undefined;
  if (model.generation > 0) {
    model.isOver = true;
    return undefined;
  }
  if (now >= model.codeEndsAt) return undefined;
  return moveTo(model, 1, now);
}

function refreshed(model: Model, presented: number, now: number): number | undefined {
  if (model.isOver || now >= model.refreshEndsAt) return undefined;
  if (presented === model.generation) return moveTo(model, presented + 1, now);
  const isInGrace = now - model.rotatedAt <= GRACE_SECONDS;
  // Before the first there is none that could come again.
  if (presented === model.generation - 1 && (isInGrace || !model.isUsed)) return model.generation;
  model.isOver = true;
  return undefined;
}

function moveTo(model: Model, generation: number, now: number): number {
  model.generation = generation;
  model.rotatedAt = now;
  model.refreshEndsAt = now + REFRESH_SECONDS;
  model.isUsed = false;
  return generation;
}

const directory = mkdtempSync(join(tmpdir(), "gatehouse-life-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Credentials = { readonly client_id: string; readonly client_secret: string };
type Holding = { readonly access_token: string; readonly generation: number; readonly endsAt: number };

/** A grant in a client's hands: what it sent and got, with the model beside it. */
async function openGrant(server: TestServer, credentials: Credentials) {
  const { code, verifier } = await authorize(server, credentials.client_id);
  const model: Model = {
    codeEndsAt: seconds(server) + CODE_SECONDS,
    generation: 0,
    rotatedAt: 0,
    refreshEndsAt: Number.POSITIVE_INFINITY,
    isUsed: false,
    isOver: false,
  };
  return { code, verifier, model, refreshTokens: new Map<number, string>(), accessTokens: [] as Holding[] };
}
type OpenGrant = Awaited<ReturnType<typeof openGrant>>;

const seconds = (server: TestServer): number => server.now() / 1000;

it("a grant has one live generation at most, ends alone, and never lives again", async () => {
  const options = { database: join(directory, "life.db"), secret: SECRET };
  let server = await startServer(options);
  const registered = await register(server, { token_endpoint_auth_method: "client_secret_post" });
  const credentials = { client_id: registered.client_id, client_secret: registered.client_secret ?? "" };

  const post = (path: string, fields: Readonly<Record<string, string | undefined>>) =>
    postForm(server, path, { ...credentials, ...fields });

  const restart = async () => {
    const now = seconds(server);
    await server.drain();
    await server.close();
    server = await startServer(options);
    server.advance(now - seconds(server));
  };

  /** The process ends after it saw the last use, and before that was written. */
  const crash = async ({ code, model }: OpenGrant) => {
    await restart();
    const file = new DatabaseSync(options.database);
    file
      .prepare("UPDATE grants SET unused_generation = generation WHERE id = ? AND generation > 1")
      .run(code.split(".")[0] ?? "");
    file.close();
    model.isUsed = false;
  };

  /** Posts the same request several times at once, and holds each answer against what should come of it. */
  async function exchange(
    grant: OpenGrant,
    request: Readonly<Record<string, string>>,
    { times, lost }: { readonly times: number; readonly lost: boolean },
    expected: () => number | undefined,
  ): Promise<void> {
    // Expected in the order of arrival: what is sent at once is taken one after the other.
    const generations = Array.from({ length: times }, expected);
    const answers = await Promise.all(generations.map(() => post("/oauth/token", request)));
    const statuses = answers.map((answer) => answer.status).sort();
    expect(statuses).toEqual(generations.map((generation) => (generation === undefined ? 400 : 200)).sort());
    for (const answer of answers.filter(({ status }) => status === 200)) {
      const tokens = (await answer.json()) as Tokens;
      const [, generation] = tokens.refresh_token.split(".");
      expect(generations).toContain(Number(generation));
      if (lost) continue;
      const known = grant.refreshTokens.get(Number(generation));
      if (known !== undefined) expect(tokens.refresh_token).toBe(known);
      grant.refreshTokens.set(Number(generation), tokens.refresh_token);
      grant.accessTokens.push({
        access_token: tokens.access_token,
        generation: Number(generation),
        endsAt: seconds(server) + ACCESS_SECONDS,
      });
    }
  }

  async function take(grant: OpenGrant, step: Step): Promise<void> {
    const { model, code, verifier } = grant;
    const newest = Math.max(0, ...grant.refreshTokens.keys());
    switch (step.kind) {
      case "redeem": {
        const request = { grant_type: "authorization_code", code, code_verifier: verifier };
        return exchange(grant, request, step, () => redeemed(model, seconds(server)));
      }
      case "refresh": {
        const token = grant.refreshTokens.get(newest - step.back);
        if (token === undefined) return;
        const request = { grant_type: "refresh_token", refresh_token: token };
        return exchange(grant, request, step, () => refreshed(model, newest - step.back, seconds(server)));
      }
      case "use": {
        const used = grant.accessTokens.find(({ generation }) => generation === newest - step.back);
        return used && use(grant, used, step.by);
      }
      case "wait":
        return server.advance(step.seconds);
      case "revoke": {
        const token =
          step.which === "refresh_token"
            ? grant.refreshTokens.get(newest)
            : grant.accessTokens[0]?.access_token;
        if (token === undefined) return;
        expect((await post("/oauth/revoke", { token })).status).toBe(200);
        model.isOver = true;
        return;
      }
      case "restart":
        return restart();
      case "crash":
        return crash(grant);
    }
  }

  /** Holds what comes of it against the model. Only the latest generation's says that its answer came. */
  async function use({ model }: OpenGrant, token: Holding, by: "call" | "introspection"): Promise<void> {
    const { access_token, generation, endsAt } = token;
    const isGood = !model.isOver && seconds(server) < endsAt;
    if (isGood && generation === model.generation) model.isUsed = true;
    if (by === "call") {
      const answer = await callTool(server, access_token);
      // A stream that nobody reads would hold up the restart.
      await answer.body?.cancel();
      expect(answer.status).toBe(isGood ? 200 : 401);
    } else {
      const answer = await post("/oauth/introspect", { token: access_token });
      expect(((await answer.json()) as { active: boolean }).active).toBe(isGood);
    }
  }

  async function holdAgainstModel(grant: OpenGrant): Promise<void> {
    const { model, refreshTokens, accessTokens } = grant;
    const now = seconds(server);
    for (const [generation, token] of refreshTokens) {
      const answer = (await (await post("/oauth/introspect", { token })).json()) as { active: boolean };
      const isLive = !model.isOver && generation === model.generation && now < model.refreshEndsAt;
      expect({ generation, active: answer.active }).toEqual({ generation, active: isLive });
    }
    for (const token of accessTokens) {
      // To look at one that was not used would be its first use.
      const isLookedAt = model.isOver || model.isUsed || token.generation !== model.generation;
      if (isLookedAt) await use(grant, token, "call");
    }
  }

  await fc.assert(
    fc.asyncProperty(life, async (steps) => {
      const bystander = await openGrant(server, credentials);
      await take(bystander, REDEEM);
      const grant = await openGrant(server, credentials);
      for (const step of steps) {
        await take(grant, step);
        await holdAgainstModel(grant);
        await take(bystander, { kind: "refresh", back: 0, times: 1, lost: false });
        expect(bystander.model.isOver).toBe(false);
      }
      for (const one of [grant, bystander]) {
        for (const token of one.accessTokens) await use(one, token, "call");
        await holdAgainstModel(one);
      }
    }),
    { numRuns: 100 },
  );
});
