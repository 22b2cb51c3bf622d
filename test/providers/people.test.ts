import { afterEach, describe, expect, it } from "vitest";
import {
  ConfigurationError,
  type CreateOptions,
  createOAuthServer,
  type Log,
  type ProtectOptions,
  type ProviderOptions,
  protect,
} from "../../src/index.ts";
import { callTool, connect } from "../support/client.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import { textOf } from "../support/mcp-endpoint.ts";
import { startServer } from "../support/server.ts";

// An id is unique at its issuer only: where several are accepted, each further one says whose people it has.

const NOW = Date.UTC(2026, 10, 1);
const OWN = "https://mcp.example";
const open: Issuer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()));
});

async function issuers(count: number): Promise<readonly Issuer[]> {
  const started = await Promise.all(Array.from({ length: count }, () => startIssuer(() => NOW)));
  open.push(...started);
  return started;
}

async function guarded(...options: readonly Partial<ProviderOptions>[]) {
  const started = await issuers(options.length);
  const reasons: unknown[] = [];
  const log: Log = {
    event: (_name, fields: { readonly reason?: unknown }) => reasons.push(fields.reason),
    error() {},
    info() {},
    debug() {},
  };
  const { guard } = protect({
    resource: AUDIENCE,
    providers: options.map((one, i) => ({ issuer: started[i]?.url ?? "", audience: AUDIENCE, ...one })),
    log,
    clock: () => NOW,
  });
  const person = async (index: number, sub: unknown) => {
    const token = await started[index]?.mint({ sub });
    const answer = await guard(new Request(AUDIENCE, { headers: { authorization: `Bearer ${token}` } }));
    return answer instanceof Response ? answer.status : answer.person.id;
  };
  return { person, reasons };
}

describe("several providers", () => {
  it("with a prefix, an equal sub is another person; with samePeople, it is the same one", async () => {
    const { person } = await guarded({}, { personPrefix: "okta:" }, { samePeople: true });
    expect([await person(0, "1"), await person(1, "1"), await person(2, "1")]).toEqual(["1", "okta:1", "1"]);
    expect(await person(1, 7)).toBe("okta:7");
  });

  it("an id that looks like one under a prefix is nobody's but that provider's", async () => {
    const { person, reasons } = await guarded(
      {},
      { personPrefix: "okta:" },
      { samePeople: true },
      { personPrefix: "kc:" },
    );
    for (const index of [0, 2]) {
      for (const sub of ["okta:1", "okta:", "kc:1"]) expect(await person(index, sub)).toBe(401);
    }
    expect(reasons[0]).toBe(
      'the person\'s id begins with "okta:", which is the personPrefix of another provider',
    );
    expect(await person(0, "okta")).toBe("okta");
    expect(await person(0, "Okta:1")).toBe("Okta:1");
    // What is under a prefix stays there.
    expect(await person(1, "kc:1")).toBe("okta:kc:1");
    expect(await person(1, "okta:1")).toBe("okta:okta:1");
  });

  it("the first may have a prefix too, and whoever has the same people then has it as well", async () => {
    const { person } = await guarded({ personPrefix: "a:" }, { samePeople: true }, { personPrefix: "b:" });
    expect([await person(0, "1"), await person(1, "1"), await person(2, "1")]).toEqual(["a:1", "a:1", "b:1"]);
  });

  it("and so may the only one", async () => {
    const { person } = await guarded({ personPrefix: "okta:" });
    expect(await person(0, "1")).toBe("okta:1");
  });
});

describe("a provider beside the server's own sign-in", () => {
  const START = { secret: "a secret that is as long as it has to be" };
  const who = async (server: Parameters<typeof callTool>[0], token: string) => {
    const response = await callTool(server, token);
    return response.status === 200
      ? (JSON.parse((await textOf(response)) ?? "") as { person: { id: string } }).person.id
      : response.status;
  };

  it("its people are kept apart by their prefix, or are the same", async () => {
    for (const [said, expected] of [
      [{ personPrefix: "okta:" }, "okta:ada"],
      [{ samePeople: true }, "ada"],
    ] as const) {
      const [issuer] = await issuers(1);
      const server = await startServer(START, {
        alsoAccept: { issuer: issuer?.url ?? "", audience: AUDIENCE, ...said },
      });
      expect(await who(server, (await connect(server)).access_token)).toBe("ada");
      expect(await who(server, (await issuer?.mint({ sub: "ada" })) ?? "")).toBe(expected);
    }
  });

  it("and nobody who signs in here can be one of them", async () => {
    const [issuer] = await issuers(1);
    const server = await startServer(START, {
      checkUser: () => "okta:ada",
      alsoAccept: { issuer: issuer?.url ?? "", audience: AUDIENCE, personPrefix: "okta:" },
    });
    const own = await connect(server);
    expect(await who(server, own.access_token)).toBe(401);
    expect(server.lines.map(({ fields }) => fields.reason)).toContain(
      'the person\'s id begins with "okta:", which is the personPrefix of another provider',
    );
  });
});

describe("the start stops", () => {
  const provider = (name: string, more: Partial<ProviderOptions> = {}): ProviderOptions => ({
    issuer: `https://${name}.example`,
    audience: AUDIENCE,
    ...more,
  });
  const beside = (alsoAccept: CreateOptions["alsoAccept"]) => () =>
    createOAuthServer("x", () => null, { publicUrl: OWN, database: ":memory:", alsoAccept });
  const instead =
    (...authorization: readonly ProviderOptions[]) =>
    () =>
      createOAuthServer("x", { authorization }, { publicUrl: OWN, database: ":memory:" });
  const inFront =
    (...providers: readonly ProviderOptions[]) =>
    () =>
      protect({ resource: AUDIENCE, providers } as ProtectOptions);

  it.each<[string, () => unknown, RegExp]>([
    [
      "where one beside the sign-in says neither",
      beside(provider("b")),
      /^The provider https:\/\/b\.example has neither personPrefix nor samePeople, .*personPrefix: "b:".*samePeople: true/,
    ],
    [
      "one of several",
      beside([provider("a", { samePeople: true }), provider("b")]),
      /^The provider https:\/\/b/,
    ],
    ["the second in place of it", instead(provider("a"), provider("b")), /^The provider https:\/\/b/],
    ["the second of protect", inFront(provider("a"), provider("b")), /^The provider https:\/\/b/],
    [
      "where samePeople is false, which says nothing",
      inFront(provider("a"), provider("b", { samePeople: false })),
      /^The provider https:\/\/b/,
    ],
    [
      "where one says both",
      inFront(provider("a"), provider("b", { samePeople: true, personPrefix: "b:" })),
      /^The provider https:\/\/b\.example has both personPrefix and samePeople\. Keep one of them\.$/,
    ],
    [
      "where two have one prefix",
      inFront(provider("a", { personPrefix: "x:" }), provider("b", { personPrefix: "x:" })),
      /^The providers https:\/\/a\.example and https:\/\/b\.example have the same personPrefix "x:"\./,
    ],
    [
      "or one but for upper case",
      beside([provider("a", { personPrefix: "x:" }), provider("b", { personPrefix: "X:" })]),
      /have the same personPrefix/,
    ],
    [
      "whichever of them has it",
      beside([provider("a", { personPrefix: "X:" }), provider("b", { personPrefix: "x:" })]),
      /have the same personPrefix/,
    ],
    ...["", "okta", "okta::", "a:b:", ":", "ok ta:", "okta:1", "é:", `${"x".repeat(64)}:`].map(
      (personPrefix): [string, () => unknown, RegExp] => [
        `where a prefix is ${JSON.stringify(personPrefix)}`,
        beside(provider("b", { personPrefix })),
        /^alsoAccept\.personPrefix is (?:".*"|empty); it must be letters, digits, ".", "_" or "-" and a ":" at the end, such as "okta:"\./,
      ],
    ),
  ])("%s", (_what, create, sentence) => {
    expect(create).toThrow(ConfigurationError);
    expect(create).toThrow(sentence);
  });

  it("and not for one provider alone, nor for several that say it", () => {
    expect(inFront(provider("a"))).not.toThrow();
    expect(instead(provider("a"), provider("b", { personPrefix: "b:" }))).not.toThrow();
    expect(inFront(provider("a"), provider("b", { samePeople: true }))).not.toThrow();
    expect(
      beside([provider("a", { samePeople: true }), provider("b", { personPrefix: "b.2_x-y:" })]),
    ).not.toThrow();
  });
});
