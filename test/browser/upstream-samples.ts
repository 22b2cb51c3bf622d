import { connectPage } from "../../src/pages/account/connect.ts";
import { actionForm } from "../../src/pages/account/form.ts";
import { accountUpstreamsSection } from "../../src/pages/account/upstreams.ts";
import type { Html } from "../../src/pages/html.ts";
import { loginPage } from "../../src/pages/login.ts";
import type { Look } from "../../src/pages/look.ts";

const NOON = Date.UTC(2026, 10, 1, 12);
const DAY_MS = 24 * 60 * 60 * 1000;
const ABSURD = "Extraordinarily-Long-Service-Name-".repeat(5);

/** The pages and sections in which people connect services. */
export function upstreamSamples(look: Look) {
  const form = (action: string, fields: Html) =>
    actionForm({ action: "/account", pageToken: "sealed" }, `upstreams.${action}`, fields);
  const token = {
    kind: "token",
    account: "ada",
    scopes: ["repo", "read:org"],
    createdAt: NOON - 9 * DAY_MS,
    usedAt: NOON,
    isDead: false,
  } as const;
  const key = { ...token, kind: "key", account: "", scopes: [], usedAt: null } as const;
  const jira = {
    name: "jira",
    label: "Jira",
    kind: "key",
    help: "Make one in your Jira profile, under Security.",
    keysUrl: "https://jira.example/keys",
  } as const;
  const upstreams = [
    { name: "github", label: "GitHub", kind: "oauth", credential: token },
    { name: "google", label: "Google", kind: "oauth", credential: undefined },
    { name: "gitlab", label: "GitLab", kind: "oauth", credential: { ...token, isDead: true, scopes: [] } },
    { ...jira, credential: undefined },
    { name: "linear", label: "Linear", kind: "key", credential: key },
    { name: "old", label: "old", kind: "gone", credential: token },
  ] as const;
  const section = { look, upstreams, canChange: true, notice: undefined, problem: undefined, form };
  const page = {
    look,
    person: { id: "kQ7c0x2VbTh5s9kXw3mZ1A", name: "Ada Lovelace", email: "ada@example.com" },
    isAnswered: false,
    form: (fields: Html) => form("connect", fields),
    noUrl: "/account?page_token=sealed",
  } as const;
  const github = { name: "github", label: "GitHub", kind: "oauth" } as const;
  return {
    sections: {
      all: accountUpstreamsSection(section),
      old: accountUpstreamsSection({ ...section, canChange: false }),
      refused: accountUpstreamsSection({
        ...section,
        problem: { message: look.texts.account.upstreams.keyRefused("Jira"), upstream: "jira" },
      }),
      absurd: accountUpstreamsSection({
        ...section,
        upstreams: [
          {
            ...jira,
            label: ABSURD,
            help: ABSURD,
            credential: {
              ...key,
              account: ABSURD,
              scopes: Array.from({ length: 40 }, (_, i) => `${ABSURD}${i}`),
            },
          },
        ],
      }),
    },
    pages: {
      connect: connectPage({ ...page, upstream: github }),
      "connect-answered": connectPage({ ...page, upstream: github, isAnswered: true }),
      "connect-key": connectPage({ ...page, upstream: jira }),
      "connect-absurd": connectPage({
        ...page,
        upstream: { ...github, label: ABSURD },
        person: { id: ABSURD, name: ABSURD, email: `${"a".repeat(64)}@${"sub-domain.".repeat(16)}example` },
      }),
      "login-connect": loginPage({
        look,
        action: "/oauth/login",
        state: "sealed",
        client: undefined,
        purpose: { kind: "connect", label: "GitHub" },
      }),
    },
  };
}
