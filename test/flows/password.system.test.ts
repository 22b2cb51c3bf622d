import { describe, expect, it, vi } from "vitest";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import type { CheckUser } from "../../src/config/settings.ts";
import type { OAuthError } from "../../src/core/errors.ts";
import { atLogin } from "../support/login.ts";
import { growth, METRICS_TOKEN, scrape } from "../support/metrics.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ADA = { username: "ada", password: "lovelace" };
const UNCHECKED = "We couldn't check your password. Try again in a minute.";
const TEMPLATE = `<form method="post" action="/oauth/login"><p>{error_message}</p>
  <input name="state" value="{state}"><input name="username" value="{username}"><input name="password"></form>`;

/** What the page says to a person, with the entities undone. */
const textOf = async (response: Response) =>
  (await response.text()).replaceAll("&#39;", "'").replaceAll("&quot;", '"');

const linesOf = (server: TestServer, name: string) =>
  server.lines.filter((line) => line.name === name).map(({ fields }) => fields);

async function rowsOf(server: TestServer, event: string) {
  return (await server.store.auditAfter(0, 1000)).filter((row) => row.event === event);
}

async function startWith(checkUser: unknown, options: OAuthServerOptions = {}, checkUserMs?: number) {
  return startServer(options, {
    checkUser: checkUser as CheckUser,
    ...(checkUserMs === undefined ? {} : { checkUserMs }),
  });
}

describe("a wrong pair", () => {
  it.each([false, null, undefined])("is what checkUser says with %j", async (answer) => {
    const server = await startWith(async () => answer);
    const { browser, state } = await atLogin(server);
    const response = await browser.submit("/oauth/login", { state, ...ADA });
    expect(response.status).toBe(403);
    const page = await textOf(response);
    expect(page).toContain("Incorrect username or password.");
    expect(page).toContain('value="ada"');
    expect(await rowsOf(server, "sign_in.failed")).toMatchObject([{ outcome: "refused" }]);
    expect(linesOf(server, "sign_in.unchecked")).toEqual([]);
  });
});

/** As a row of an ORM that loads what is read. */
const THROWING = {
  id: "ada",
  get name(): string {
    throw new Error("directory is down");
  },
};

const NO_ANSWER: readonly (readonly [string, () => unknown, string])[] = [
  [
    "throws",
    () => {
      throw new Error("directory is down");
    },
    "checkUser threw",
  ],
  ["rejects", () => Promise.reject(new Error("directory is down")), "checkUser threw"],
  ["throws what is no error", () => Promise.reject(undefined), "checkUser threw"],
  ["does not answer", () => new Promise(() => {}), "checkUser did not answer within 0.05 seconds"],
  ["answers true", () => true, "checkUser must return"],
  ["answers a list", () => [], "checkUser must return"],
  ["answers no id", () => ({}), "checkUser must return"],
  ["answers an empty id", () => ({ id: "" }), "checkUser must return"],
  ["answers an empty string", () => "", "checkUser must return"],
  ["answers a name that is no text", () => ({ id: "x", name: 5 }), "checkUser must return"],
  ["answers a fraction", () => 1.5, "checkUser must return"],
  ["answers NaN", () => Number.NaN, "checkUser must return"],
  // Two people would be one: 9007199254740993 is the same number.
  ["answers an unsafe integer", () => 9007199254740992, "checkUser must return"],
  ["answers an unsafe integer as id", () => ({ id: 9007199254740992 }), "checkUser must return"],
  ["answers a bigint", () => 7n, "checkUser must return"],
  ["answers a row whose getter throws", () => THROWING, "checkUser threw"],
  ["answers what JSON cannot hold", () => ({ id: "x", big: 7n }), "what JSON cannot hold"],
];

describe.each(NO_ANSWER)("where checkUser %s", (_what, checkUser, reason) => {
  it("the sign-in page comes again with 503, the name and what to do", async () => {
    const server = await startWith(checkUser, {}, 50);
    const { browser, state } = await atLogin(server);
    const response = await browser.submit("/oauth/login", { state, ...ADA });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("60");
    expect(response.headers.getSetCookie()).toEqual([]);
    const page = await textOf(response);
    expect(page).toContain(`<p>${UNCHECKED}</p>`);
    expect(page).toContain('value="ada"');
    expect(page).toContain(state);
    expect(page).not.toContain("directory");
  });

  it("and so does the operator's template", async () => {
    const server = await startWith(checkUser, { loginTemplate: TEMPLATE }, 50);
    const { browser, state } = await atLogin(server);
    const response = await browser.submit("/oauth/login", { state, ...ADA });
    expect(response.status).toBe(503);
    const page = await textOf(response);
    expect(page).toContain(`<p>${UNCHECKED}</p>`);
    expect(page).toContain(`name="state" value="${state}"`);
    expect(page).toContain('name="username" value="ada"');
    expect(page).not.toContain("lovelace");
  });

  it("and completeUserCheck throws it", async () => {
    const loginHandler: OAuthServerOptions["loginHandler"] = async (request, completeUserCheck) => {
      const form = new URLSearchParams(await request.text());
      const text = (name: string) => form.get(name) ?? "";
      try {
        return Response.redirect(await completeUserCheck(text("state"), text("username"), text("password")));
      } catch (error) {
        const { message, status } = error as OAuthError;
        return new Response(message, { status });
      }
    };
    const server = await startWith(checkUser, { loginHandler }, 50);
    const { browser, state } = await atLogin(server);
    const response = await browser.submit("/oauth/login", { state, ...ADA });
    expect(response.status).toBe(503);
    expect(await response.text()).toBe(UNCHECKED);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(linesOf(server, UNCHECKED)).toHaveLength(1);
  });

  it("it is in the log and the audit log, with the reason and without the name", async () => {
    const server = await startWith(checkUser, {}, 50);
    const { browser, state } = await atLogin(server, "192.0.2.1");
    await browser.submit("/oauth/login", { state, ...ADA });
    const fields = { usernameMark: expect.stringMatching(/^[\w-]{43}$/), address: "192.0.2.1" };
    expect(linesOf(server, "sign_in.unchecked")).toMatchObject([
      { ...fields, reason: expect.stringContaining(reason) },
    ]);
    expect(await rowsOf(server, "sign_in.unchecked")).toMatchObject([{ outcome: "refused", fields }]);
    expect(await rowsOf(server, "sign_in.failed")).toEqual([]);
    expect(linesOf(server, UNCHECKED)).toMatchObject([
      { error: "temporarily_unavailable", reason: expect.stringContaining(reason), path: "/oauth/login" },
    ]);
    expect(JSON.stringify([server.lines, await rowsOf(server, "sign_in.unchecked")])).not.toContain('"ada"');
  });

  it("it counts, and is slowed like a wrong password", async () => {
    const check = vi.fn(checkUser);
    const server = await startWith(check, {}, 5);
    const { browser, state } = await atLogin(server, "192.0.2.1");
    const statuses: number[] = [];
    for (let times = 0; times < 12; times += 1) {
      statuses.push((await browser.submit("/oauth/login", { state, ...ADA })).status);
    }
    expect(statuses).toEqual([...Array(10).fill(503), 429, 429]);
    expect(check).toHaveBeenCalledTimes(10);
  });
});

it("the cause of what checkUser throws is in the log", async () => {
  const server = await startWith(() => {
    throw new Error("directory is down");
  });
  const { browser, state } = await atLogin(server);
  await browser.submit("/oauth/login", { state, ...ADA });
  const causes = server.lines.map(({ fields }) => fields.cause).filter((cause) => cause instanceof Error);
  expect(causes.map(({ message }) => message)).toEqual(["directory is down"]);
});

it("is a number of its own in the metrics", async () => {
  const server = await startWith(() => true, { metrics: { token: METRICS_TOKEN } });
  const { browser, state } = await atLogin(server);
  const before = await scrape(server);
  await browser.submit("/oauth/login", { state, ...ADA });
  const grown = growth(before, await scrape(server), "gatehouse_sign_ins_total");
  expect(grown).toEqual({ '{outcome="unchecked"}': 1 });
});

describe("an answer that comes too late", () => {
  it.each(["a person", "an error"])("signs nobody in and disturbs nothing: %s", async (late) => {
    const asked = Promise.withResolvers<string>();
    const server = await startWith(() => asked.promise, {}, 20);
    const { browser, state } = await atLogin(server, "192.0.2.1");
    const response = await browser.submit("/oauth/login", { state, ...ADA });
    expect(response.status).toBe(503);
    if (late === "a person") asked.resolve("ada");
    else asked.reject(new Error("too late"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(linesOf(server, "sign_in.ok")).toEqual([]);
    expect(await rowsOf(server, "sign_in.ok")).toEqual([]);
    expect(browser.cookie()).not.toContain("session");
  });

  it("is one after ten seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const asked = Promise.withResolvers<string>();
      const check = vi.fn(() => asked.promise);
      const server = await startWith(check);
      const { browser, state } = await atLogin(server);
      let answered = false;
      const signingIn = browser.submit("/oauth/login", { state, ...ADA }).finally(() => (answered = true));
      await vi.waitFor(() => expect(check).toHaveBeenCalled());
      await vi.advanceTimersByTimeAsync(9_999);
      expect(answered).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect((await signingIn).status).toBe(503);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a person", () => {
  it.each([
    [7, "7"],
    [0, "0"],
    [-1, "-1"],
    [9007199254740991, "9007199254740991"],
    ["u-1", "u-1"],
    ["9007199254740993", "9007199254740993"],
    ["x".repeat(255), "x".repeat(255)],
    [{ id: 9, name: "Nine", team: "x" }, "9"],
  ])("is what checkUser says with %j", async (answer, id) => {
    const server = await startWith(() => answer);
    const { browser, state } = await atLogin(server);
    await browser.submit("/oauth/login", { state, ...ADA });
    expect(linesOf(server, "sign_in.ok")).toMatchObject([{ person: id }]);
  });

  it.each(["\ud800x", "a\0b", "\u001b[31mada", "\u202eada", "  "])(
    "can't be %j: nothing is written",
    async (id) => {
      for (const answer of [id, { id, name: "Ada" }]) {
        const server = await startWith(() => answer);
        const { browser, state } = await atLogin(server);
        expect((await browser.submit("/oauth/login", { state, ...ADA })).status).toBe(500);
        expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toEqual([]);
      }
    },
  );

  it.each([
    [
      "an id",
      "x".repeat(256),
      "its ID can't be used",
      "the id that checkUser returned has 256 characters; the limit is 255",
    ],
    [
      "an id in an object",
      { id: "x".repeat(300) },
      "its ID can't be used",
      "the id that checkUser returned has 300 characters; the limit is 255",
    ],
    [
      "what is kept of them",
      { id: "x", more: "y".repeat(3000) },
      "its data is too large",
      "checkUser returned 3020 bytes of JSON; the limit is 2048",
    ],
  ])(
    "with too much: %s; the page says what helps, and the log the limit",
    async (_what, answer, said, logged) => {
      const server = await startWith(() => answer);
      const { browser, state } = await atLogin(server);
      const response = await browser.submit("/oauth/login", { state, ...ADA });
      expect(response.status).toBe(500);
      expect(response.headers.getSetCookie()).toEqual([]);
      const page = await textOf(response);
      expect(page).toContain(
        `You can't sign in with this account because ${said}. Contact the server's operator.`,
      );
      expect(page).toContain('value="ada"');
      expect(page).not.toContain("xxxx");
      const [line] = server.lines.filter(({ fields }) => fields.error === "server_error");
      expect(line?.fields.reason).toBe(logged);
      expect(linesOf(server, "sign_in.unchecked")).toHaveLength(1);
    },
  );
});

describe("a username or password", () => {
  it.each(["username", "password"] as const)(
    "of 1,024 characters reaches checkUser, and one of 1,025 does not: the %s",
    async (field) => {
      const check = vi.fn(() => null);
      const server = await startWith(check);
      const { browser, state } = await atLogin(server);
      const submit = (length: number) =>
        browser.submit("/oauth/login", { state, ...ADA, [field]: "x".repeat(length) });
      expect((await submit(1024)).status).toBe(403);
      expect(check).toHaveBeenCalledTimes(1);
      const response = await submit(1025);
      expect(response.status).toBe(400);
      expect(await textOf(response)).toContain(`The ${field} is too long. Use at most 1,024 characters.`);
      expect(check).toHaveBeenCalledTimes(1);
      expect(linesOf(server, "sign_in.failed")).toHaveLength(1);
    },
  );

  it("that is too long says so on the operator's template too", async () => {
    const check = vi.fn(() => null);
    const long = { ...ADA, password: "x".repeat(1025) };
    const server = await startWith(check, { loginTemplate: TEMPLATE });
    const { browser, state } = await atLogin(server);
    const page = await textOf(await browser.submit("/oauth/login", { state, ...long }));
    expect(page).toContain("<p>The password is too long. Use at most 1,024 characters.</p>");
    expect(page).toContain('value="ada"');
    expect(check).not.toHaveBeenCalled();
  });
});
