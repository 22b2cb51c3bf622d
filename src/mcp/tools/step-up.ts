import { listenedUris, type Message, membersOf, readMessage, readMessages } from "../messages/json-rpc.ts";
import type { Registration } from "./registration.ts";
import type { RegistrationView } from "./registrations.ts";

/**
 * The scopes that a POST body needs beside the ones that every request needs, decided before the SDK sees it: whatever
 * the body turns out to be, and whoever answers it, the 403 names everything at once (RFC 6750 §3.1).
 *
 * What is not registered needs nothing: the SDK answers that it is unknown.
 */
export function neededScopes(body: unknown, registrations: RegistrationView): readonly string[] {
  const needed = new Set<string>();
  // One 403 answers the whole of a batch.
  for (const message of readMessages(body)) {
    for (const registration of named(message, registrations) ?? []) {
      for (const scope of registration?.scopes ?? []) needed.add(scope);
    }
  }
  return [...needed];
}

/** The one registration that a single message can reach; undefined where it can reach several, or asks for the lists. */
export function onlyReached(
  body: unknown,
  registrations: RegistrationView,
): readonly Registration[] | undefined {
  const { method, params } = readMessage(body);
  if (method !== "tools/call" && method !== "prompts/get" && method !== "resources/read") return undefined;
  const registration = NAMED.get(method)?.(membersOf(params), registrations)[0];
  return registration ? [registration] : [];
}

/** The tool that a single message calls. */
export function calledTool(body: unknown, registrations: RegistrationView): Registration | undefined {
  return readMessage(body).method === "tools/call" ? onlyReached(body, registrations)?.[0] : undefined;
}

type Names = (
  params: Readonly<Record<string, unknown>>,
  registrations: RegistrationView,
) => readonly (Registration | undefined)[];

/** Method → what it names. Completions and subscriptions tell about a thing too, so they need what the thing needs. */
const NAMED: ReadonlyMap<string, Names> = new Map<string, Names>([
  ["tools/call", ({ name }, registrations) => [registrations.tool(text(name))]],
  ["prompts/get", ({ name }, registrations) => [registrations.prompt(text(name))]],
  ["resources/read", ({ uri }, registrations) => [registrations.resource(text(uri))]],
  ["resources/subscribe", ({ uri }, registrations) => [registrations.resource(text(uri))]],
  [
    "subscriptions/listen",
    (params, registrations) => listenedUris(params).map((uri) => registrations.resource(text(uri))),
  ],
  [
    "completion/complete",
    ({ ref }, registrations) => {
      const { type, name, uri } = membersOf(ref);
      return [type === "ref/prompt" ? registrations.prompt(text(name)) : registrations.template(text(uri))];
    },
  ],
]);

/** The registrations that a message names, undefined for each that there is not. Undefined where its method names none. */
export function named(
  { method, params }: Message,
  registrations: RegistrationView,
): readonly (Registration | undefined)[] | undefined {
  return NAMED.get(text(method))?.(membersOf(params), registrations);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
