import type { AccountApp, AppsSectionValues, TimelineEntry } from "../../src/pages/account/app-values.ts";
import { appsPage } from "../../src/pages/account/apps-page.ts";
import { accountNotice } from "../../src/pages/account/notices.ts";
import { timelinePage } from "../../src/pages/account/timeline.ts";
import type { createLook } from "../../src/pages/look.ts";

const NOON = Date.UTC(2026, 10, 1, 12);
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

const READ = { description: "See your lists and what is on them", tools: ["list_todos", "search_todos"] };
const WRITE = { description: "Change your lists", tools: ["create_todo"] };

const claude: AccountApp = {
  id: "grant-1",
  client: {
    id: "https://claude.ai/oauth/mcp-client-metadata",
    name: "Claude",
    origin: "metadata_document",
    holdsKey: false,
  },
  isKnown: true,
  place: { kind: "https", shown: "claude.ai" },
  organization: "Analytical Engines Ltd",
  scopes: [READ, WRITE],
  approvedAt: NOON - 40 * DAY_MS,
  isConnected: true,
  refreshedAt: NOON - HOUR_MS,
  usedAt: NOON - HOUR_MS / 2,
  refused: undefined,
};

const cursor: AccountApp = {
  ...claude,
  id: "grant-2",
  client: { id: "dcr_8B3pVnQ2", name: "Cursor", origin: "registered", holdsKey: false },
  place: { kind: "private-use", shown: "cursor://anysphere.cursor-mcp" },
  organization: undefined,
  scopes: [READ],
  refreshedAt: null,
  usedAt: null,
  refused: { at: NOON - 2 * HOUR_MS, why: "scope_not_granted" },
};

const script: AccountApp = {
  ...claude,
  id: "grant-3",
  client: { id: "reports", name: "Reports", origin: "preregistered", holdsKey: true },
  place: { kind: "loopback", shown: "127.0.0.1:33418" },
  organization: "Analytical Engines Ltd",
  isConnected: false,
  refreshedAt: null,
  usedAt: null,
};

const absurd: AccountApp = {
  ...claude,
  id: "grant-4",
  client: {
    ...claude.client,
    id: `https://${"sub-domain.".repeat(10)}example/m`,
    name: `${"w".repeat(150)}`,
  },
  isKnown: false,
  place: { kind: "https", shown: `${"sub-domain.".repeat(10)}example` },
  organization: `${"An organization with a long name ".repeat(6)}`,
  scopes: Array.from({ length: 12 }, (_, index) => ({
    description: `Do what the scope number ${index} lets it do, at some length`,
    tools: Array.from({ length: 9 }, (_, tool) => `a_tool_with_a_rather_long_name_${tool}`),
  })),
  refused: { at: NOON, why: "verifier_mismatch" },
};

export const SOME_APPS: AppsSectionValues = {
  apps: [claude, cursor, script],
  organizationsCalled: "Workspace",
  allUrl: undefined,
  timelineUrl: "/account/timeline",
};

export const NO_APPS: AppsSectionValues = { ...SOME_APPS, apps: [] };

export const ABSURD_APPS: AppsSectionValues = { ...SOME_APPS, apps: [absurd], allUrl: "/account/apps" };

const links = { accountUrl: "/account", newestUrl: "/account/apps", olderUrl: "/account/apps?after=1-a" };
const approved = {
  client: claude.client,
  place: "claude.ai",
  organization: "Analytical Engines Ltd",
  scopes: [READ.description],
  wasPasted: false,
  end: undefined,
  refused: undefined,
} as const;

const HAPPENED: readonly Pick<TimelineEntry, "happened" | "address">[] = [
  { happened: { kind: "ended", client: cursor.client, reason: "refresh_reuse" }, address: undefined },
  { happened: { kind: "ended", client: undefined, reason: "person" }, address: "203.0.113.7" },
  {
    happened: { kind: "stepped_up", ...approved, scopes: [READ.description, WRITE.description] },
    address: "203.0.113.7",
  },
  {
    happened: {
      kind: "approved",
      ...approved,
      client: cursor.client,
      place: "cursor://anysphere.cursor-mcp",
      organization: undefined,
      wasPasted: true,
      end: { at: NOON - DAY_MS, reason: "client_disabled" },
      refused: { at: NOON - DAY_MS, why: "revoked" },
    },
    address: "2001:db8:1234:5678:9abc:def0:1234:5678",
  },
  { happened: { kind: "remembered", ...approved, end: "unknown" }, address: "203.0.113.7" },
  { happened: { kind: "denied", client: { ...cursor.client, name: null } }, address: "203.0.113.7" },
  { happened: { kind: "other", said: "signed_out_by_operator" }, address: undefined },
  { happened: { kind: "other", said: "service_connected", about: "GitHub" }, address: "203.0.113.7" },
  { happened: { kind: "approved", ...approved }, address: undefined },
];

const entries = HAPPENED.map((one, index) => ({ ...one, at: NOON - index * DAY_MS }));

/** Every page about a person's apps. @param lookOf makes the look of an application of this name */
export function appSamples(lookOf: typeof createLook): Readonly<Record<string, string>> {
  const look = lookOf({ name: "Todo Tracker" });
  const page = {
    look,
    action: "/account",
    pageToken: "sealed",
    notice: undefined,
    canChange: true,
    organizationsCalled: "Workspace",
    links,
  };
  const history = { look, entries, organizationsCalled: "Workspace", links };
  return {
    "account-apps": appsPage({ ...page, apps: SOME_APPS.apps }),
    "account-apps-notice": appsPage({
      ...page,
      apps: [claude],
      notice: accountNotice("app_ended", look),
      links: { ...links, newestUrl: undefined, olderUrl: undefined },
    }),
    "account-apps-none": appsPage({ ...page, apps: [], canChange: false }),
    "account-apps-absurd": appsPage({ ...page, apps: [absurd, absurd] }),
    "account-timeline": timelinePage(history),
    "account-timeline-none": timelinePage({
      ...history,
      entries: [],
      links: { ...links, newestUrl: undefined, olderUrl: undefined },
    }),
    "account-timeline-absurd": timelinePage({
      ...history,
      entries: [
        {
          at: NOON,
          address: "x".repeat(100),
          happened: {
            kind: "approved",
            ...approved,
            client: absurd.client,
            place: absurd.place?.shown,
            organization: absurd.organization,
            scopes: absurd.scopes.map(({ description }) => description),
            end: { at: NOON, reason: "code_reuse" },
            refused: absurd.refused,
          },
        },
      ],
    }),
  };
}
