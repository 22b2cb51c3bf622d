import { readFileSync } from "node:fs";
import { createOAuthServer } from "mcp-gatehouse";
import { z } from "zod";
import { loginHandler } from "./login-handler.ts";
import { loadEnvFile, signInBy } from "./sign-in.ts";

loadEnvFile();

const {
  PORT = "3000",
  PUBLIC_URL,
  APP_SECRETS,
  REPORTS_CLIENT_SECRET,
  TLS_CERT,
  TLS_KEY,
  LOGIN,
} = process.env;

const server = createOAuthServer("Notebook", signInBy(findPerson), {
  // Where it listens, and under which URL clients reach it.
  host: "localhost",
  port: Number(PORT),
  publicUrl: PUBLIC_URL,
  path: "/notebook",
  tls: TLS_CERT && TLS_KEY ? { cert: TLS_CERT, key: TLS_KEY } : undefined,
  // True behind your own proxy: it reads the address that the proxy appends to X-Forwarded-For.
  trustProxy: false,

  // What it keeps, and the secrets that seal it: the newest first, the older ones until nothing needs them.
  database: "./notebook.db",
  secret: APP_SECRETS?.split(","),

  // What clients may ask for. The words stand on the consent page.
  supportedScopes: {
    "notes:read": "Read your notes",
    "notes:write": "Read your notes and add to them",
  },
  requiredScopes: ["notes:read"],
  scopeImplies: { "notes:write": ["notes:read"] },

  // A client that cannot register itself.
  clients: REPORTS_CLIENT_SECRET
    ? [
        {
          id: "reports",
          secret: REPORTS_CLIENT_SECRET,
          name: "Weekly reports",
          redirectUris: ["https://reports.example.com/callback"],
          scopes: ["notes:read"],
        },
      ]
    : [],

  // How long things last.
  accessTokenSeconds: 15 * 60,
  refreshTokenSeconds: 14 * 24 * 60 * 60,
  grantSeconds: 90 * 24 * 60 * 60,
  refreshGraceSeconds: 30,

  // Your own login page: as a template, or in code.
  ...(LOGIN === "handler"
    ? { loginHandler }
    : { loginTemplate: readFileSync(new URL("login.html", import.meta.url), "utf8") }),

  // Web pages that may call this server from a browser.
  cors: ["http://localhost:6274", "https://app.example.com"],

  // Sessions would tie clients of the 2025 protocols to this process.
  sessions: false,
  // SIGTERM and SIGINT finish what is under way, and then end the process.
  handleSignals: true,
  debug: false,
});

const notes = new Map<string, string[]>();

// Anyone may ask this, without signing in, at /notebook/public.
server.registerTool("about", { public: true, description: "What this notebook is for." }, () => ({
  content: [{ type: "text", text: "A notebook that assistants can read and write for you." }],
}));

server.registerTool("list_notes", { description: "Your notes, oldest first." }, ({ person }) => ({
  content: [{ type: "text", text: JSON.stringify(notes.get(person.id) ?? []) }],
}));

server.registerTool(
  "add_note",
  {
    description: "Add a note.",
    inputSchema: z.object({ text: z.string().min(1).max(1000) }),
    scopes: ["notes:write"],
  },
  ({ text }, { person, client }) => {
    notes.set(person.id, [...(notes.get(person.id) ?? []), text]);
    return { content: [{ type: "text", text: `Noted by ${client.name ?? client.id} for ${person.name}.` }] };
  },
);

await server.listen();

/** Your own users. Every tool gets what you return beside the id. */
async function findPerson(username: string, password: string) {
  if (username !== "ada" || password !== "lovelace") return null;
  return { id: "u-1", name: "Ada Lovelace", email: "ada@example.com" };
}
