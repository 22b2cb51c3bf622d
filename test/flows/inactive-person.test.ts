import { describe, expect, it } from "vitest";
import type { IsActive } from "../../src/config/people-options.ts";
import type { Person } from "../../src/core/person.ts";
import {
  authorize,
  callTool,
  newPkce,
  redeem,
  refresh,
  register,
  type Tokens,
  tokensOf,
} from "../support/client.ts";
import { startServer } from "../support/server.ts";

// `isActive(person)` is asked at each refresh and where a code is exchanged, before anything is written. "No" ends the grant. An outage of the operator's
// directory signs no one out: the same refresh token works afterwards.

/** A connected client, and a function of the operator's whose answer the test changes. */
async function connected() {
  let answer: IsActive = () => true;
  const asked: Person[] = [];
  const server = await startServer({
    isActive: (person) => {
      asked.push(person);
      return answer(person);
    },
  });
  const { client_id: clientId } = await register(server);
  const first = await tokensOf(redeem(server, clientId, await authorize(server, clientId)));
  // The sign-in, the approval and the exchange of the code have asked too.
  asked.length = 0;
  return {
    server,
    clientId,
    first,
    asked,
    answers(next: IsActive) {
      answer = next;
    },
    refresh: ({ refresh_token }: Tokens, changes: Parameters<typeof refresh>[3] = {}) =>
      refresh(server, clientId, refresh_token, changes),
    grant: async () => (await server.store.listGrants({ clientId }))[0],
    names: () => server.lines.map(({ name }) => name),
  };
}

const body = async (answer: Response) => ({ status: answer.status, ...((await answer.json()) as object) });
const down: IsActive = () => {
  throw new Error("the directory is down");
};

describe("a person who is active", () => {
  it("is asked about once at each refresh, by what the grant keeps of them", async () => {
    const { first, asked, refresh } = await connected();
    const second = await tokensOf(refresh(first));
    await tokensOf(refresh(second, { scope: "mcp" }));
    const ada = { id: "ada", name: "Ada Lovelace" };
    expect(asked).toEqual([ada, ada]);
  });
});

describe("a person who is not active any more", () => {
  it("gets no tokens, and the grant ends with its reason", async () => {
    const { server, first, answers, refresh, grant, names } = await connected();
    answers(async () => false);
    const answer = await refresh(first);
    expect(await body(answer)).toEqual({
      status: 400,
      error: "invalid_grant",
      error_description: "The refresh token is not valid, has expired, or was revoked. Sign in again.",
    });
    expect(await grant()).toMatchObject({ generation: 1, revokedReason: "person_inactive" });
    expect((await callTool(server, first.access_token)).status).toBe(401);
    expect(names()).toContain("grant.revoked");
    expect(names()).not.toContain("refresh.rotated");
    answers(() => true);
    expect((await refresh(first)).status).toBe(400);
  });

  it("nor by a repetition, inside the grace window or after it", async () => {
    for (const seconds of [0, 301]) {
      const { server, first, answers, refresh, grant, names } = await connected();
      const lost = await tokensOf(refresh(first));
      server.advance(seconds);
      answers(() => false);
      expect((await refresh(first)).status).toBe(400);
      expect(await grant()).toMatchObject({ revokedReason: "person_inactive" });
      expect((await refresh(lost)).status).toBe(400);
      expect(names()).not.toContain("refresh.repeated");
    }
  });

  it("nor where the refresh narrows the scope, or names one that was not granted", async () => {
    for (const scope of ["mcp", "todo:write"]) {
      const { first, answers, refresh, grant } = await connected();
      answers(() => false);
      expect(await body(await refresh(first, { scope }))).toMatchObject({ error: "invalid_grant" });
      expect(await grant()).toMatchObject({ revokedReason: "person_inactive" });
    }
  });

  it("nor by any of several refreshes at once, and the grant is revoked once", async () => {
    const { first, answers, refresh, names } = await connected();
    answers(async () => false);
    const refused = await Promise.all(Array.from({ length: 5 }, () => refresh(first)));
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
    expect(names().filter((name) => name === "grant.revoked")).toHaveLength(1);
  });
});

describe("an outage of isActive", () => {
  const outages: readonly [string, IsActive][] = [
    ["it throws", down],
    ["it rejects", async () => Promise.reject(new Error("down"))],
    ["it returns nothing", (() => undefined) as unknown as IsActive],
    ["it returns text", (() => "no") as unknown as IsActive],
  ];

  it.each(outages)(
    "is 503 and changes nothing: the same refresh token works afterwards (%s)",
    async (_what, outage) => {
      const { server, first, answers, refresh, grant, names } = await connected();
      const before = await grant();
      answers(outage);
      const answer = await refresh(first);
      expect(answer.headers.get("retry-after")).toBe("10");
      expect(await body(answer)).toMatchObject({ status: 503, error: "temporarily_unavailable" });
      expect(await grant()).toEqual(before);
      expect(names()).not.toContain("grant.revoked");
      expect((await callTool(server, first.access_token)).status).toBe(200);
      answers(() => true);
      expect((await refresh(first)).status).toBe(200);
    },
  );

  it("changes nothing about a lost answer either: it is repeated afterwards", async () => {
    const { server, first, answers, refresh, grant } = await connected();
    const lost = await tokensOf(refresh(first));
    server.advance(301);
    const before = await grant();
    answers(down);
    expect((await refresh(first)).status).toBe(503);
    expect(await grant()).toEqual(before);
    answers(() => true);
    expect((await tokensOf(refresh(first))).refresh_token).toBe(lost.refresh_token);
  });

  it("does not protect a thief: an old token that comes again ends the grant without asking", async () => {
    const { server, first, asked, answers, refresh, grant } = await connected();
    const second = await tokensOf(refresh(first));
    await tokensOf(refresh(second));
    server.advance(301);
    answers(down);
    asked.length = 0;
    expect((await refresh(first)).status).toBe(400);
    expect(asked).toEqual([]);
    expect(await grant()).toMatchObject({ revokedReason: "refresh_reuse" });
  });
});

describe("no one is asked about", () => {
  it("for a token that is forged, another client's, or of a grant that has ended", async () => {
    const { server, first, asked, refresh } = await connected();
    const { client_id: stranger } = await register(server, { client_name: "Another" });
    const [id, generation, mac = ""] = first.refresh_token.split(".");
    const forged = [id, generation, `${mac.slice(0, -4)}AAAA`].join(".");
    expect((await refresh({ ...first, refresh_token: forged })).status).toBe(400);
    expect((await refresh(first, { client_id: stranger })).status).toBe(400);
    server.advance(366 * 86_400);
    expect((await refresh(first)).status).toBe(400);
    expect(asked).toEqual([]);
  });

  it("for a code that is forged, another client's, without its verifier, or that was used before", async () => {
    const { server, clientId, asked } = await connected();
    const { client_id: stranger } = await register(server, { client_name: "Another" });
    const { code, verifier } = await authorize(server, clientId);
    asked.length = 0;
    const refused = [
      await redeem(server, clientId, { code: `${code.slice(0, -4)}AAAA`, verifier }),
      await redeem(server, stranger, { code, verifier }),
      await redeem(server, clientId, { code, verifier: newPkce().verifier }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(asked).toEqual([]);
    await tokensOf(redeem(server, clientId, { code, verifier }));
    asked.length = 0;
    expect((await redeem(server, clientId, { code, verifier })).status).toBe(400);
    expect(asked).toEqual([]);
  });
});

describe("where a code is exchanged", () => {
  /** A person approved, and the client has not exchanged the code yet. */
  const approved = async () => {
    const rig = await connected();
    const { client_id: clientId } = await register(rig.server, { client_name: "Another" });
    const authorized = await authorize(rig.server, clientId);
    rig.asked.length = 0;
    return {
      ...rig,
      exchange: () => redeem(rig.server, clientId, authorized),
      grant: async () => (await rig.server.store.listGrants({ clientId }))[0],
    };
  };

  it("a person who is active is asked about once", async () => {
    const { asked, exchange } = await approved();
    await tokensOf(exchange());
    expect(asked).toEqual([{ id: "ada", name: "Ada Lovelace" }]);
  });

  it("one who is not active any more gets no tokens, and the grant ends with its reason", async () => {
    const { answers, exchange, grant, names } = await approved();
    const redemptions = names().filter((name) => name === "code.redeemed").length;
    answers(async () => false);
    expect(await body(await exchange())).toEqual({
      status: 400,
      error: "invalid_grant",
      error_description: "The code is not valid for this request, has expired, or was used before.",
    });
    expect(await grant()).toMatchObject({
      generation: 0,
      redeemedAt: null,
      revokedReason: "person_inactive",
    });
    expect(names().filter((name) => name === "code.redeemed")).toHaveLength(redemptions);
    answers(() => true);
    expect((await exchange()).status).toBe(400);
    expect(names()).not.toContain("code.reused");
  });

  it("an outage is 503 and changes nothing: the same code works afterwards", async () => {
    const { answers, exchange, grant, names } = await approved();
    const before = await grant();
    answers(down);
    const answer = await exchange();
    expect(answer.headers.get("retry-after")).toBe("10");
    expect(await body(answer)).toMatchObject({ status: 503, error: "temporarily_unavailable" });
    expect(await grant()).toEqual(before);
    expect(names()).not.toContain("grant.revoked");
    answers(() => true);
    expect((await exchange()).status).toBe(200);
  });

  it("what happens while it is asked is seen afterwards: a grant that was revoked meanwhile gets no tokens", async () => {
    const { server, answers, exchange, grant, names } = await approved();
    const { id = "" } = (await grant()) ?? {};
    answers(async () => {
      await server.store.revokeGrant(id, "operator", server.now(), {
        event: "grant.revoked",
        at: server.now(),
        fields: { grant: id, reason: "operator", address: undefined },
      });
      return true;
    });
    expect((await exchange()).status).toBe(400);
    expect(await grant()).toMatchObject({ redeemedAt: null, revokedReason: "operator" });
    expect(names()).not.toContain("code.reused");
  });
});

it("what happens while it is asked is seen afterwards: a grant that was revoked meanwhile gets no tokens", async () => {
  for (const isRepetition of [false, true]) {
    const { server, first, answers, refresh, grant } = await connected();
    if (isRepetition) await tokensOf(refresh(first));
    const { id = "" } = (await grant()) ?? {};
    answers(async () => {
      await server.store.revokeGrant(id, "operator", server.now(), {
        event: "grant.revoked",
        at: server.now(),
        fields: { grant: id, reason: "operator", address: undefined },
      });
      return true;
    });
    expect((await refresh(first)).status).toBe(400);
  }
});
