import { describe, expect, it } from "vitest";
import { gatehouseProcess, startDemo } from "../support/processes/command.ts";

const GITHUB = { SIGN_IN_GITHUB_CLIENT_ID: "h", SIGN_IN_GITHUB_CLIENT_SECRET: "do-not-show-me" };

/** Where an authorization request ends that only a browser follows: at our sign-in page, or at a provider. */
async function signInAt(origin: string): Promise<string> {
  const registered = await fetch(`${origin}/oauth/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ redirect_uris: ["http://localhost:8080/callback"], client_name: "Test" }),
  });
  const { client_id } = (await registered.json()) as { client_id: string };
  const query = new URLSearchParams({
    client_id,
    response_type: "code",
    redirect_uri: "http://localhost:8080/callback",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  });
  let [url, cookie] = [`${origin}/oauth/authorize?${query}`, ""];
  for (let step = 0; step < 5 && url.startsWith(origin); step += 1) {
    const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
    cookie = [cookie, ...answer.headers.getSetCookie().map((line) => line.split(";")[0])]
      .filter(Boolean)
      .join("; ");
    const next = answer.headers.get("location");
    if (next === null) return answer.text();
    url = new URL(next, origin).href;
  }
  return url;
}

describe("gatehouse demo with ways to sign in from the environment", () => {
  it("sends people to the provider, with this server's redirect URI, and has no demo user", async () => {
    const env = { SIGN_IN: "github", ...GITHUB, SIGN_IN_ADMIT: "anyone" };
    const demo = await startDemo([], { env });
    expect(demo.stdout()).toContain("with GitHub");
    expect(demo.stdout()).toContain(`Redirect URI  ${demo.origin}/oauth/callback/github (at GitHub)`);
    expect(demo.stdout()).not.toMatch(/demo123|do-not-show-me/);
    const end = new URL(await signInAt(demo.origin));
    expect(end.origin + end.pathname).toBe("https://github.com/login/oauth/authorize");
    expect(end.searchParams.get("redirect_uri")).toBe(`${demo.origin}/oauth/callback/github`);
    expect((await demo.stop()).exitCode).toBe(0);
  });

  it("shows several side by side, in the order of SIGN_IN", async () => {
    const env = { SIGN_IN: "users,github", ...GITHUB, SIGN_IN_ADMIT_EMAILS: "*@example.com" };
    const demo = await startDemo([], { env });
    const page = await signInAt(demo.origin);
    expect(page).toContain('name="password"');
    expect(page).toContain("Continue with <bdi>GitHub</bdi>");
    expect(demo.stdout()).toContain("gatehouse person invite");
    await demo.stop();
  });

  it.each([
    [{ SIGN_IN: "github" }, "SIGN_IN_GITHUB_CLIENT_ID is missing"],
    [GITHUB, "SIGN_IN is missing, and SIGN_IN_GITHUB_CLIENT_ID is set"],
    [
      { SIGN_IN: "github", ...GITHUB },
      "Anyone can make an account that signs in with github, so say who may come in",
    ],
    [{ SIGN_IN_GITHUB_CLINT_ID: "h" }, "Did you mean SIGN_IN_GITHUB_CLIENT_ID?"],
    [
      { SIGN_IN: "users", OAUTH_ISSUER: "https://id.example.com", OAUTH_AUDIENCE: "x" },
      "OAUTH_ISSUER names a provider whose tokens clients get themselves. Both can't be set",
    ],
    [{ SIGN_IN: "users", OAUTH_ISSUER: "https://id.example.com" }, "Both can't be set"],
    [{ SIGNIN: "users" }, "Did you mean SIGN_IN?"],
    [{ SIGN_INN_GITHUB_CLIENT_ID: "h" }, "Did you mean SIGN_IN_GITHUB_CLIENT_ID?"],
    [{ sign_in_github_client_id: "h" }, "Did you mean SIGN_IN_GITHUB_CLIENT_ID?"],
  ])("does not start with %j, and says why in one line", async (env, words) => {
    const { exitCode, stdout, stderr } = await gatehouseProcess(["demo", "--port", "0"], { env });
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^gatehouse: [^\n]+\n$/);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("do-not-show-me");
  });
});
