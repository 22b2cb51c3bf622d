import { callbackToPastePage } from "../../src/pages/callback-to-paste.ts";
import { consentPage } from "../../src/pages/consent/page.ts";
import type { createLook } from "../../src/pages/look.ts";

const claudeCode = {
  name: "Claude Code",
  id: "https://claude.ai/oauth/claude-code-client-metadata",
  origin: "metadata_document",
  holdsKey: false,
} as const;
const unnamed = { name: null, id: "dcr_4QmS2VbT0h5s9kXw", origin: "registered", holdsKey: false } as const;
const longName = "Extraordinarily-Long-Client-Name-".repeat(7).slice(0, 200);

const scopes = [
  {
    scope: "todo:write",
    description: "Add items to your to-do list",
    tools: ["create_todo"],
    locked: false,
    checked: true,
    isNew: true,
  },
  {
    scope: "todo:delete",
    description: "Delete from your to-do list",
    tools: ["delete_todo", "clear_todos"],
    locked: false,
    checked: true,
    isNew: true,
  },
  {
    scope: "mcp",
    description: "Connect to this server and use its basic tools",
    tools: ["echo", "get_time", "get_user_info", "get_me"],
    locked: true,
    checked: true,
  },
  {
    scope: "todo:read",
    description: "See your to-do list",
    tools: ["list_todos"],
    locked: false,
    checked: true,
  },
];

/** Clients that ask for more than before, and those on another computer. */
export function consentSamples(lookOf: typeof createLook): Readonly<Record<string, string>> {
  const look = lookOf({ name: "my-app" });
  const longLook = lookOf({ name: `An application ${"with a very long name ".repeat(8)}` });
  const consent = {
    look,
    action: "/oauth/consent",
    state: "sealed",
    personName: "Ada Lovelace",
    switchAction: "/oauth/login?switch=1",
    client: claudeCode,
    destination: { kind: "https", shown: "claude.ai", isForeign: false },
    scopes,
  } as const;

  const callback = {
    look,
    client: claudeCode,
    url: "http://localhost:54212/callback?code=kQ7c0x2VbTh5s9kXw3mZ1A.5s9kXw3mZ1AkQ7c0x2VbThQm2sVbT0h5s9kXwqh8aZf0u1Rz2&state=4QmS2VbT0h5s9kXwqh8aZf0u1Rz2kQ7c0x2VbTh5s9k&iss=https%3A%2F%2Fmcp.example.com",
    minutes: 5,
    accountUrl: "/account",
  };

  return {
    "consent-step-up": consentPage(consent),
    "consent-step-up-loopback": consentPage({
      ...consent,
      destination: { kind: "loopback", shown: "localhost:54212", isForeign: false },
      canBePasted: true,
    }),
    "consent-step-up-all-new": consentPage({
      ...consent,
      client: unnamed,
      destination: { kind: "private-use", shown: "cursor://anysphere.cursor-mcp", isForeign: false },
      scopes: scopes.slice(0, 2),
    }),
    "consent-step-up-absurd": consentPage({
      ...consent,
      look: longLook,
      personName: `${"w".repeat(150)}@example.com`,
      client: { ...unnamed, name: longName },
      destination: { kind: "loopback", shown: "localhost:54212", isForeign: false },
      scopes: Array.from({ length: 60 }, (_, index) => ({
        scope: `area${index}:${"x".repeat(index * 3)}`,
        description: `Do the thing number ${index} ${"unbreakable".repeat(index % 7)}`,
        tools: Array.from(
          { length: index === 7 ? 120 : index % 9 },
          (_, tool) => `tool_${tool}_${"y".repeat((tool % 13) * 6)}`,
        ),
        locked: index % 30 < 2,
        checked: true,
        isNew: index < 30,
      })),
      canBePasted: true,
    }),
    "callback-to-paste": callbackToPastePage(callback),
    "callback-to-paste-absurd": callbackToPastePage({
      ...callback,
      look: longLook,
      client: { ...unnamed, name: longName },
      url: `http://localhost:54212/${"a".repeat(300)}?code=${"c".repeat(86)}&state=${"s".repeat(1500)}&iss=https%3A%2F%2F${"sub-domain.".repeat(20)}example`,
    }),
  };
}
