import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { atLogin } from "../support/login.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ADA = { username: "ada", password: "lovelace" };

describe("whether a name exists", () => {
  it.each([
    ["after a wrong password", 1, "x"],
    ["once it is slowed", 11, "x"],
    ["with a password that is too long", 1, "x".repeat(1025)],
  ])("shows nowhere: %s", async (_what, times, password) => {
    const answers = [];
    for (const username of ["ada", "eve"]) {
      const server = await startServer();
      const { browser, state } = await atLogin(server, "192.0.2.1");
      let response = new Response();
      for (let time = 0; time < times; time += 1) {
        response = await browser.submit("/oauth/login", { state, username, password });
      }
      const page = (await response.text()).replaceAll(state, "STATE").replaceAll(`"${username}"`, '"NAME"');
      answers.push({ status: response.status, headers: [...response.headers], page });
    }
    expect(answers[0]).toEqual(answers[1]);
  });
});

describe("a form with an empty field", () => {
  it.each([
    ["no username", { password: "lovelace" }, "Type your username."],
    ["an empty username", { username: "", password: "lovelace" }, "Type your username."],
    ["a username of spaces", { username: "  ", password: "lovelace" }, "Type your username."],
    ["no password", { username: "ada" }, "Type your password."],
    ["an empty password", { username: "ada", password: "" }, "Type your password."],
    ["neither", {}, "Type your username."],
  ])("with %s says what to type, and counts no try", async (_what, fields, sentence) => {
    const server = await startServer();
    const { browser, state } = await atLogin(server, "192.0.2.1");
    for (let times = 0; times < 25; times += 1) {
      const answer = await browser.submit("/oauth/login", { state, ...fields });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain(sentence);
    }
    expect(server.lines.filter(({ name }) => name.startsWith("sign_in."))).toEqual([]);
    expect((await browser.submit("/oauth/login", { state, ...ADA })).status).toBe(303);
  });
});

it("who is slowed is told for how long, on the page and in the header", async () => {
  const server = await startServer();
  const { browser, state } = await atLogin(server, "192.0.2.1");
  const guess = () => browser.submit("/oauth/login", { state, username: "ada", password: "x" });
  for (let times = 0; times < 10; times += 1) await guess();
  server.advance(5 * 60);
  const slowed = await guess();
  expect(slowed.status).toBe(429);
  expect(slowed.headers.get("retry-after")).toBe("600");
  expect(await slowed.text()).toContain("Too many attempts to sign in. Try again in 10 minutes.");
});

it("the right password from several windows at once is let in by each, after a few wrong ones", async () => {
  const server = await startServer();
  const windows = await Promise.all(Array.from({ length: 6 }, () => atLogin(server, "192.0.2.1")));
  const signIn = ({ browser, state }: (typeof windows)[number], password: string) =>
    browser.submit("/oauth/login", { state, username: "ada", password });
  for (const one of windows) await signIn(one, "x");
  const answers = await Promise.all(windows.map((one) => signIn(one, ADA.password)));
  expect(answers.map(({ status }) => status)).toEqual(windows.map(() => 303));
});

describe("a hundred wrong passwords from ten /64s of one /56", () => {
  it("lock no one out who signs in elsewhere, and the right one waits a minute at the most", async () => {
    const server = await startServer();
    for (let host = 0; host < 10; host += 1) {
      const { browser, state } = await atLogin(server, `2001:db8:1:2${host}::1`);
      for (let times = 0; times < 10; times += 1) {
        await browser.submit("/oauth/login", { state, username: "ada", password: "x" });
      }
    }
    const signIn = async (address: string) => {
      const { browser, state } = await atLogin(server, address);
      return (await browser.submit("/oauth/login", { state, ...ADA })).status;
    };
    expect(await signIn("192.0.2.1")).toBe(303);
    expect(await signIn("2001:db8:2::1")).toBe(303);
    server.advance(60);
    expect(await signIn("2001:db8:1:2ff::1")).toBe(303);
  });
});

describe("with SQLite", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it("the networks from which people have signed in outlive the process", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
    folders.push(folder);
    const options = { database: join(folder, "gatehouse.db") };
    const signIn = async (server: TestServer, address: string, password = ADA.password) => {
      const { browser, state } = await atLogin(server, address);
      return (await browser.submit("/oauth/login", { state, username: "ada", password })).status;
    };
    const first = await startServer(options);
    expect(await signIn(first, "192.0.2.1")).toBe(303);
    await first.drain();
    await first.close();

    const second = await startServer(options);
    for (let block = 0; block < 120; block += 1) await signIn(second, `10.0.${block}.1`, "x");
    for (let host = 2; host < 10; host += 1) await signIn(second, `192.0.2.${host}`, "x");
    expect(await signIn(second, "192.0.2.10")).toBe(429);
    expect(await signIn(second, "192.0.2.1")).toBe(303);
    await second.drain();
    await second.close();
  });
});
